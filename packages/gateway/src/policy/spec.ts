/** What can be set about how much may be asked for. Counted per key; the count outlives a change of the numbers. */
import { z } from 'zod'
import { LONGEST_MS, setting } from '../contract/setting.ts'

const MOST_REQUESTS = 1_000_000_000

export const limitSpec = z.strictObject({
  requests: setting(z.int().min(1).max(MOST_REQUESTS), 'requests that are taken in each period', {
    unit: 'requests',
  }),
  perMs: setting(z.int().min(1).max(LONGEST_MS), 'length of the period; 60000 is a minute', { unit: 'ms' }),
  burst: setting(
    z.int().min(1).max(MOST_REQUESTS).optional(),
    'how many may come at once after a quiet time; without it as many as in a whole period',
    { unit: 'requests' },
  ),
})

export type LimitSpec = z.output<typeof limitSpec>
