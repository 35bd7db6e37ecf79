/**
 * What decided about a call, step by step in the order of its journey: from its record, and from the settings of its
 * version. What the record does not hold is not made up: a step without settings is left to what the record says.
 */
import type { SettingsTree } from '@changeover/reload'
import type { CallRecord } from '../../contract/call.ts'
import { tellCache } from './cache.ts'
import { tellCaller, tellLimit } from './caller.ts'
import { tellAttempts, tellChoice, tellTarget } from './choice.ts'
import { tellPrice } from './price.ts'
import { tellPrompt, tellRoute } from './route.ts'
import type { DecidingStep, TellStep } from './step.ts'

const STEPS: readonly TellStep[] = [
  tellCaller,
  tellRoute,
  tellPrompt,
  tellLimit,
  tellCache,
  tellChoice,
  tellTarget,
  tellAttempts,
  tellPrice,
]

/** `settings`: `null` when those of the version are not kept any more; then no values are named. */
export function tellStory(call: CallRecord, settings: SettingsTree | null): readonly DecidingStep[] {
  const told = STEPS.flatMap((tell) => tell(call, settings ?? {}) ?? [])
  return settings === null ? told.map((it) => ({ ...it, pointers: [] })) : told
}
