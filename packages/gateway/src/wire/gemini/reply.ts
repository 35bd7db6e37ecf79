/** A whole reply, as deltas and back. */
import type { NeutralDelta, Usage } from '../../contract/neutral.ts'
import type { ReplyAbout } from '../../contract/wire.ts'
import { type Fields, present } from '../fields.ts'
import { CandidateWriter } from './candidate-writer.ts'
import { GeminiStreamReader } from './stream-reader.ts'
import { candidateOf } from './stream-writer.ts'
import { writeGeminiUsage } from './usage.ts'

export function parseGeminiReply(body: Fields): readonly NeutralDelta[] {
  const reader = new GeminiStreamReader()
  return [...reader.readChunk(body), ...reader.end()]
}

interface Written {
  readonly writer: CandidateWriter
  readonly parts: Fields[]
}

export function writeGeminiReply(
  deltas: readonly NeutralDelta[],
  about: ReplyAbout,
): Record<string, unknown> {
  const written = new Map<number, Written>([[0, { writer: new CandidateWriter(0), parts: [] }]])
  let model = about.model
  let usage: Usage | null = null
  for (const delta of deltas) {
    if (delta.type === 'start') model = delta.model === '' ? model : delta.model
    else if (delta.type === 'usage') usage = delta.usage
    else if (delta.type !== 'error') {
      const index = delta.candidate ?? 0
      const it = written.get(index) ?? { writer: new CandidateWriter(index), parts: [] }
      written.set(index, it)
      for (const part of it.writer.take(delta)) add(it.parts, part)
    }
  }
  const all = [...written.values()]
  const blocked = all.find((it) => it.writer.blocked !== null)?.writer.blocked ?? null
  const candidates = all.map(({ writer, parts }) =>
    candidateOf(writer, [...parts, ...writer.flush()], writer.closing()),
  )
  return present({
    candidates: blocked === null ? candidates : undefined,
    promptFeedback: blocked === null ? undefined : { blockReason: blocked },
    usageMetadata: usage === null ? undefined : writeGeminiUsage(usage),
    modelVersion: model,
    responseId: about.id,
  })
}

/** Pieces of one text are one part, and a signature belongs to the part that it ends. */
function add(parts: Fields[], part: Fields): void {
  const last = parts.at(-1)
  const isText = typeof part['text'] === 'string' && typeof last?.['text'] === 'string'
  if (
    last !== undefined &&
    isText &&
    last['thought'] === part['thought'] &&
    last['thoughtSignature'] === undefined
  ) {
    parts[parts.length - 1] = { ...last, ...part, text: `${String(last['text'])}${String(part['text'])}` }
  } else parts.push(part)
}
