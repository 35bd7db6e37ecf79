/** Headers as they are read and written: a request's id, wherever it stands, warnings as one line, another content type. */
import type { UpstreamHeaders } from '../contract/upstream.ts'

/** Providers name it each in their own way. */
const REQUEST_ID_HEADERS = ['x-request-id', 'request-id', 'apim-request-id', 'x-amzn-requestid']

export function findRequestId(headers: UpstreamHeaders): string | null {
  for (const name of REQUEST_ID_HEADERS) {
    const id = headers.find(name)
    if (id !== undefined) return id
  }
  return null
}

/** Warnings quote field names that the caller chose. */
export function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 1024)
}

/** The headers with another content type, or with none. */
export function withType(headers: readonly string[], contentType: string | null): readonly string[] {
  const changed: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    if (name.toLowerCase() !== 'content-type') changed.push(name, headers[i + 1] ?? '')
  }
  return contentType === null ? changed : [...changed, 'content-type', contentType]
}
