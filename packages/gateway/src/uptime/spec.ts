/** What can be set about addresses that have to go on answering while a version of the settings is on trial. */
import { z } from 'zod'
import { LONGEST_MS, setting } from '../contract/setting.ts'

const url = z
  .url({ protocol: /^https?$/, error: 'an address that begins with http:// or https://' })
  .max(2000)
  // An address stands in logs and in the status, so it is no place for a password.
  .refine((it) => !/^https?:\/\/[^/?#]*@/.test(it), { error: 'an address without a user and a password' })

export const probeSpec = z.strictObject({
  url: setting(url, 'what is asked, by GET'),
  expectStatus: setting(z.int().min(100).max(599).default(200), 'the status of an answer that is well'),
  everyMs: setting(
    z.int().min(100).max(LONGEST_MS).default(1000),
    'how long after each answer it is asked again while a version is on trial',
    { unit: 'ms' },
  ),
  timeoutMs: setting(z.int().min(1).max(60_000).default(1000), 'how long an answer may take', { unit: 'ms' }),
  failures: setting(
    z.int().min(1).max(1000).default(3),
    'how many answers in a row that are not well take the version back, if it was well before',
    { unit: 'answers' },
  ),
})

export type ProbeSpec = z.output<typeof probeSpec>
