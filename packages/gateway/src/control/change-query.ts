/** What every request that changes something may say beside its body. */
import { z } from '@hono/zod-openapi'
import { rolloutQuery } from './rollout-query.ts'

export const settingsTypes: readonly string[] = ['application/yaml', 'application/json', 'application/toml']

const flag = z.enum(['true', 'false']).optional()

/** A name that is mistyped is refused: `?overide=15m` would be a change for good. */
export const changeQuery = z.strictObject({
  reason: z.string().max(500).optional().describe('why, for history and audit'),
  commit: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/)
    .optional()
    .describe('commit of the repository that the settings are from; provenance tells it of each value'),
  force: flag.describe(
    'asked for by a person for this one case: passes quarantine, the open breaker and freeze windows',
  ),
  emergency: flag.describe(
    'passes approvals, freeze windows and the open breaker, by whoever may say so; needs a `reason`',
  ),
  override: z
    .string()
    .optional()
    .describe(
      'in force for this time only, such as `90s`, `15m` or `2h`, and written nowhere; also where the settings are not ours to write',
    ),
  ...rolloutQuery.shape,
  allowShrink: flag.describe('the change may remove half of what is there, or more'),
})
