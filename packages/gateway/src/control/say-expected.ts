/** What a field of a request was expected to be, in our words: those of the checker are for programmers. */
import type { z } from 'zod'

/** Continues "expected …". Of what a schema says by words of its own, those words. */
export function sayExpected(issue: z.core.$ZodIssue): string {
  const { code } = issue
  if (code === 'invalid_type') return issue.expected === 'int' ? 'a number' : `a ${issue.expected}`
  if (code === 'too_small') return `${issue.minimum} or more${unitOf(issue.origin)}`
  if (code === 'too_big') return `${issue.maximum} or less${unitOf(issue.origin)}`
  if (code === 'invalid_value') return issue.values.map((it) => `"${String(it)}"`).join(', ')
  const isInstant = code === 'invalid_format' && issue.format === 'datetime'
  return isInstant ? 'an instant such as 2026-11-20T08:00:00Z' : issue.message
}

function unitOf(origin: string): string {
  return { string: ' characters', array: ' entries' }[origin] ?? ''
}
