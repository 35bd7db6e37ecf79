/** A whole chat completion, as deltas and back. */
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { ReplyAbout } from '../../contract/wire.ts'
import { type Fields, present } from '../fields.ts'
import { type FoldedCall, type FoldedCandidate, type FoldedPart, foldCandidates } from '../fold-reply.ts'
import { writeOpenAIEnd } from './finish-reason.ts'
import { OpenAIStreamReader } from './stream-reader.ts'
import { writeOpenAIUsage } from './usage.ts'
import { callExtra, isCustomCall, writeCitation, writeMedia, writeThoughtDetail } from './write-parts.ts'

export function parseOpenAIReply(body: Fields): readonly NeutralDelta[] {
  const reader = new OpenAIStreamReader()
  const deltas = reader.readChunk(body, 'message')
  return deltas[0]?.type === 'start' ? deltas : [{ type: 'start', id: '', model: '' }, ...deltas]
}

export function writeOpenAIReply(
  deltas: readonly NeutralDelta[],
  about: ReplyAbout,
): Record<string, unknown> {
  const reply = foldCandidates(deltas)
  return present({
    id: about.id,
    object: 'chat.completion',
    created: about.created,
    model: reply.model === '' ? about.model : reply.model,
    choices: reply.candidates.map(writeChoice),
    usage: reply.usage === null ? undefined : writeOpenAIUsage(reply.usage),
  })
}

function writeChoice(candidate: FoldedCandidate, index: number): Fields {
  return {
    index,
    message: writeMessage(candidate.parts),
    logprobs: candidate.logprobs.length === 0 ? null : { content: candidate.logprobs, refusal: null },
    finish_reason: writeEnd(candidate),
  }
}

function writeEnd({ finish, parts }: FoldedCandidate): string {
  return finish === null ? 'stop' : writeOpenAIEnd(finish, olderCallIn(parts) !== undefined)
}

function olderCallIn(parts: readonly FoldedPart[]): FoldedCall | undefined {
  return parts.find((it): it is FoldedCall => it.type === 'tool_call' && it.older === true)
}

function writeMessage(parts: readonly FoldedPart[]): Fields {
  const texts = parts.filter((it) => it.type === 'text')
  const refusals = parts.filter((it) => it.type === 'refusal')
  const calls = writeCalls(parts)
  const text = texts.map((it) => it.text).join('')
  const annotations = texts.flatMap((it) => it.citations.map(writeCitation)).filter((it) => it !== null)
  return {
    role: 'assistant',
    content: text === '' && (calls !== null || refusals.length > 0) ? null : text,
    refusal: refusals.length === 0 ? null : refusals.map((it) => it.text).join(''),
    ...writeThoughts(parts),
    ...Object.assign({}, ...parts.map((it) => (it.type === 'media' ? writeMedia(it) : {}))),
    ...calls,
    ...(annotations.length === 0 ? null : { annotations }),
  }
}

/** The text as most servers write it, and beside it, where something proves it, each thought by itself. */
function writeThoughts(parts: readonly FoldedPart[]): Fields {
  const thoughts = parts.filter((it) => it.type === 'reasoning')
  const text = thoughts.map((it) => it.text).join('')
  const proved = thoughts.some((it) => it.signature !== undefined || it.redacted !== undefined)
  return present({
    reasoning_content: text === '' ? undefined : text,
    reasoning_details: proved ? thoughts.map(writeThoughtDetail) : undefined,
  })
}

/** `null` for none. */
function writeCalls(parts: readonly FoldedPart[]): Fields | null {
  const older = olderCallIn(parts)
  if (older !== undefined) return { function_call: { name: older.name, arguments: older.arguments } }
  const calls = parts.flatMap(writeCall)
  return calls.length === 0 ? null : { tool_calls: calls }
}

function writeCall(part: FoldedPart): readonly Fields[] {
  if (part.type === 'other') return isCustomCall(part) ? [part.value] : []
  if (part.type !== 'tool_call') return []
  const { id, name, arguments: text, signature } = part
  return [{ id, type: 'function', function: { name, arguments: text }, ...callExtra(signature) }]
}
