/** How a streamed answer is cut into events, by the content type that it says it has. */
import { EventStreamReader } from './event-stream.ts'
import { JsonArrayReader } from './json-array.ts'
import { SseReader, type TakeEvent } from './sse.ts'

export interface FramingReader {
  /** Throws for bytes that are not of the framing, and for an event beyond the cap. */
  read(chunk: Buffer): void
  /** The stream is over. */
  end(): void
}

export type OpenFraming = (take: TakeEvent) => FramingReader

const events: OpenFraming = (take) => new SseReader(take)
const messages: OpenFraming = (take) => new EventStreamReader(take)
/** What Google streams to those who do not ask for events. */
export const arrayFraming: OpenFraming = (take) => new JsonArrayReader(take)

/** `null` for an answer that is not streamed, as far as its type tells. */
export function framingOf(contentType: string): OpenFraming | null {
  // Nearly all answers.
  if (contentType.startsWith('application/json')) return null
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase()
  if (type === 'text/event-stream') return events
  return type === 'application/vnd.amazon.eventstream' ? messages : null
}
