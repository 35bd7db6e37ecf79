/** What can be set about how a version of the settings itself comes in. */
import { z } from 'zod'
import { LONGEST_MS, setting } from '../contract/setting.ts'

export const ROLLOUT_DEFAULTS = {
  // Long enough to see a wrong credential fail some calls, short enough that the next change need not wait.
  bakeMs: 5000,
} as const

export const observeSpec = z.strictObject({
  bakeMs: setting(
    z.int().min(0).max(LONGEST_MS).default(ROLLOUT_DEFAULTS.bakeMs),
    'how long a new version is observed before it becomes the one to fall back to',
    { unit: 'ms' },
  ),
})
