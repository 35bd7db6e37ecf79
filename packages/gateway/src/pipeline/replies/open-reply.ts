/** Which reply an answer becomes: its own format or another, whole or streamed. */
import type { UpstreamHeaders } from '../../contract/upstream.ts'
import type { WireName } from '../../contract/wire.ts'
import { arrayFraming, framingOf } from '../../wire/framing.ts'
import { wireOf } from '../../wire/list.ts'
import { PlainReply } from './plain-reply.ts'
import type { Reply, ReplyPort } from './reply.ts'
import { StreamReply } from './stream-reply.ts'
import { TranslatedReply } from './translated-reply.ts'
import { TranslatedStream } from './translated-stream.ts'

export interface Answer {
  readonly status: number
  readonly headers: UpstreamHeaders
  /** What the caller asked for. */
  readonly stream: boolean
  readonly wire: WireName
  /** Not to be passed on as it is, although the caller speaks its format. */
  readonly mended: boolean
  /** Without the count of tokens that the caller has not asked for. */
  readonly hidesUsage: boolean
}

/** `null` when the answer is of a kind that the caller did not ask for and could not read. */
export function openReply(port: ReplyPort, it: Answer): Reply | null {
  const contentType = it.headers.find('content-type') ?? ''
  const framing = framingOf(contentType)
  const streamed = framing !== null
  const run = port.openGuards()
  const isOwn = it.wire === port.callerWire.name && !it.mended
  if (isOwn && run === null) {
    if (streamed && port.callerWire.streamType !== undefined) {
      return new TranslatedStream(port, wireOf(it.wire), { openFraming: framing, run })
    }
    // Some servers ignore `stream`; a whole answer is still an answer.
    if (!streamed) return new PlainReply(port, it.status, it.headers)
    return new StreamReply(port, contentType, it.hidesUsage)
  }
  if (!streamed && it.stream && it.wire === 'gemini' && contentType.startsWith('application/json')) {
    return new TranslatedStream(port, wireOf(it.wire), { openFraming: arrayFraming, run })
  }
  if (streamed !== it.stream) return null
  const wire = wireOf(it.wire)
  return streamed
    ? new TranslatedStream(port, wire, { openFraming: framing, run })
    : new TranslatedReply(port, wire, { run, isOwn })
}
