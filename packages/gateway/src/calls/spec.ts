/** What can be set about call records. */
import { z } from 'zod'
import { setting } from '../contract/setting.ts'

export const CALL_DEFAULTS = {
  // A month answers "since when is it slower?"; a longer memory belongs into an analytics store.
  keepDays: 30,
  // At some 300 bytes each this stays below half a gigabyte on the smallest of disks.
  maxRows: 1_000_000,
} as const

export const recordSpec = z.strictObject({
  enabled: setting(
    z.boolean().default(true),
    'whether finished calls are recorded: metadata only, never bodies',
  ),
  keepDays: setting(
    z.number().positive().max(3650).default(CALL_DEFAULTS.keepDays),
    'age at which a record is deleted',
    { unit: 'days' },
  ),
  comments: setting(
    z.boolean().default(false),
    'whether what users write with their feedback is kept with its score; texts of theirs may hold anything',
  ),
  maxRows: setting(
    z.int().min(1).max(1_000_000_000).default(CALL_DEFAULTS.maxRows),
    'number of records beyond which the oldest are deleted',
    { unit: 'records' },
  ),
})

export type RecordSpec = z.output<typeof recordSpec>
