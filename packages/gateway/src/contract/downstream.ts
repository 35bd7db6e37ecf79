/**
 * The caller's side of a call: where the answer goes. `node:http`'s response is one as it is; another
 * transport will be another.
 */
import type { Wire } from './wire.ts'

export interface Downstream {
  /** Headers as name, value, name, value … */
  writeHead(status: number, headers: string[]): unknown
  /** False when the caller does not keep up: wait for the call's `onDrain`. */
  write(chunk: Buffer | string): boolean
  end(): unknown
  /** `encoding` is of a string and means nothing for a buffer. */
  end(chunk: Buffer | string, encoding: 'latin1' | 'utf8'): unknown
  /** Breaks the connection: for an answer that was promised whole and cannot be finished. */
  destroy(): unknown
}

/** What of a request's head matters to a call. */
export interface CallHead {
  /** The key, wherever the caller's format puts it, or undefined when there is none. */
  readonly key: string | undefined
  /** The format that the caller speaks: of the path, or of a header where the path leaves it open. */
  readonly wire: Wire
  /** The pattern of the path, for spans and counts: `/v1/chat/completions`. */
  readonly endpoint: string
  /** Model and streaming, for formats that name them in the path. */
  readonly path: { readonly model: string; readonly stream: boolean } | null
  /** As they came, names in lower case. Not to be shown or passed on as a whole: credentials are among them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
}
