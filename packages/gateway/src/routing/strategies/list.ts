/** The strategies there are. A new one is one file and one line here, and its name in `STRATEGIES`. */
import { cost } from './cost.ts'
import { headroom } from './headroom.ts'
import { latency } from './latency.ts'
import { leastBusy } from './least-busy.ts'
import type { CreateStrategy } from './members.ts'
import { priority } from './priority.ts'
import { sticky } from './sticky.ts'
import { weighted } from './weighted.ts'

export const strategies = {
  weighted,
  priority,
  latency,
  cost,
  'least-busy': leastBusy,
  headroom,
  sticky,
} as const satisfies Readonly<Record<string, CreateStrategy>>

export type StrategyName = keyof typeof strategies

export const STRATEGIES = Object.keys(strategies) as [StrategyName, ...StrategyName[]]
