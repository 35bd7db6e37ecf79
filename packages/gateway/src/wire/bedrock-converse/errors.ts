/** Bedrock's errors: `{ "message": … }`, with the name of the exception in a header, or as the event of a stream. */
import { isFields } from '../fields.ts'

const STATUS: Readonly<Record<string, number>> = {
  internalServerException: 500,
  modelStreamErrorException: 502,
  modelTimeoutException: 504,
  serviceUnavailableException: 503,
  throttlingException: 429,
  validationException: 400,
}

export function isException(event: string): boolean {
  return event.endsWith('Exception') || event.endsWith('Error') || event === 'error'
}

export function statusOfException(event: string): number {
  const name = event.slice(0, 1).toLowerCase() + event.slice(1)
  return (Object.hasOwn(STATUS, name) ? STATUS[name] : undefined) ?? 502
}

/** Some of its doors write the name of the field large. */
export function readBedrockError(body: unknown): string | null {
  if (!isFields(body)) return null
  const message = body['message'] ?? body['Message']
  return typeof message === 'string' ? message : null
}
