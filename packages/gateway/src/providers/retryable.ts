/**
 * Which answers of a provider are worth another attempt.
 *
 * Timeouts and conflicts that the provider itself calls temporary, too many requests, and failures on
 * its side. A 501 is not: what is not built now is not built in a second.
 */
export function isRetryableStatus(status: number): boolean {
  if (status >= 500) return status !== 501
  return status === 408 || status === 409 || status === 425 || status === 429
}
