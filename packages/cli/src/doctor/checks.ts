/** The checks of `changeover doctor`, in the order in which one's failing makes the next one's pointless. */
import type { CommandContext } from '../command.ts'
import { checkClock } from './clock.ts'
import { checkGateway } from './gateway.ts'
import { checkNode } from './node.ts'
import { checkPorts } from './ports.ts'
import { checkProviders } from './providers.ts'
import type { Seen } from './seen.ts'
import { checkSettings } from './settings.ts'
import { checkState } from './state.ts'
import { checkTrust } from './trust.ts'

export interface Finding {
  readonly level: 'good' | 'bad' | 'unsure'
  readonly message: string
  /** What to do about it. */
  readonly advice?: string
}

export interface Check {
  readonly name: string
  run(context: CommandContext, seen: Seen): Promise<readonly Finding[]>
}

export const checks: readonly Check[] = [
  { name: 'node', run: checkNode },
  { name: 'settings', run: checkSettings },
  { name: 'state', run: checkState },
  { name: 'gateway', run: checkGateway },
  { name: 'trust', run: checkTrust },
  { name: 'ports', run: checkPorts },
  { name: 'providers', run: checkProviders },
  { name: 'clock', run: checkClock },
]
