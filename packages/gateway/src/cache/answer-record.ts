/**
 * How a kept answer lies in a block of memory: a head of fixed size, then the words about it as one text, where its chunks
 * end if it has several, and its bytes.
 *
 * Why not as objects: thousands of answers that come and go are old by the time that they go, and what dies old costs
 * V8 collections of the whole heap. In blocks they cost nothing but the copying of their bytes, once in and once for
 * each time that they are given again.
 *
 * Not here: blocks (`block-line.ts`), and which answers go when (`memory-answers.ts`).
 */
import type { CacheWhich, KeptAnswer } from '../contract/answer-cache.ts'
import type { AnswerKey } from './answer-key.ts'
import { type Block, UNIT_BYTES } from './block-line.ts'

/** Positions in a head. The size of a record comes first, as `BlockLine` reads it. */
const FLAGS = 4
const STATUS = 6
const KEPT_AT = 8
const COST = 16
const INPUT = 24
const OUTPUT = 32
const WORD_BYTES = 40
/** Characters of the name, the tenant, the route, the content type and the target. */
const LENGTHS = 44
const CHUNKS = 64
const BODY_BYTES = 68
const HEAD_BYTES = 72

const IS_THERE = 1
const WAS_ASKED = 2
const IS_STREAM = 4

/** An answer about to be written. */
export interface Draft {
  readonly key: AnswerKey
  readonly answer: KeptAnswer
  readonly words: string
  readonly wordBytes: number
  readonly bodyBytes: number
  /** Of the whole record. */
  readonly sizeBytes: number
}

export function draftOf(key: AnswerKey, answer: KeptAnswer): Draft {
  const { contentType, target, chunks } = answer
  const words = `${key.name}${key.tenant}${key.route}${contentType}${target}`
  const wordBytes = Buffer.byteLength(words)
  let bodyBytes = 0
  for (const it of chunks) bodyBytes += it.length
  const bytes = HEAD_BYTES + wordBytes + endsBytes(chunks.length) + bodyBytes
  return { key, answer, words, wordBytes, bodyBytes, sizeBytes: Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES }
}

export function writeRecord({ bytes, view }: Block, at: number, draft: Draft): void {
  const { key, answer, words, wordBytes, bodyBytes, sizeBytes } = draft
  const { chunks } = answer
  view.setUint32(at, sizeBytes)
  view.setUint8(at + FLAGS, IS_THERE | (answer.streamed ? IS_STREAM : 0))
  view.setUint16(at + STATUS, answer.status)
  view.setFloat64(at + KEPT_AT, answer.keptAt)
  view.setFloat64(at + COST, answer.costMicroUsd ?? Number.NaN)
  view.setFloat64(at + INPUT, answer.inputTokens ?? Number.NaN)
  view.setFloat64(at + OUTPUT, answer.outputTokens ?? Number.NaN)
  view.setUint32(at + WORD_BYTES, wordBytes)
  view.setUint32(at + LENGTHS, key.name.length)
  view.setUint32(at + LENGTHS + 4, key.tenant.length)
  view.setUint32(at + LENGTHS + 8, key.route.length)
  view.setUint32(at + LENGTHS + 12, answer.contentType.length)
  view.setUint32(at + LENGTHS + 16, answer.target.length)
  view.setUint32(at + CHUNKS, chunks.length)
  view.setUint32(at + BODY_BYTES, bodyBytes)
  bytes.write(words, at + HEAD_BYTES)
  let end = at + HEAD_BYTES + wordBytes
  let place = end + endsBytes(chunks.length)
  const start = place
  for (const it of chunks) {
    place += it.copy(bytes, place)
    if (chunks.length === 1) return
    view.setUint32(end, place - start)
    end += 4
  }
}

/** A copy, which stays what it is when the record goes. */
export function answerAt({ bytes, view }: Block, at: number): KeptAnswer {
  const words = wordsAt({ bytes, view }, at)
  const count = view.getUint32(at + CHUNKS)
  const ends = at + HEAD_BYTES + view.getUint32(at + WORD_BYTES)
  const start = ends + endsBytes(count)
  const body = Buffer.from(bytes.subarray(start, start + view.getUint32(at + BODY_BYTES)))
  return {
    status: view.getUint16(at + STATUS),
    contentType: words.contentType,
    chunks: count === 1 ? [body] : cut(body, count, (i) => view.getUint32(ends + 4 * i)),
    streamed: (view.getUint8(at + FLAGS) & IS_STREAM) !== 0,
    keptAt: keptAt({ view }, at),
    target: words.target,
    inputTokens: numberAt(view, at + INPUT),
    outputTokens: numberAt(view, at + OUTPUT),
    costMicroUsd: numberAt(view, at + COST),
  }
}

export function sizeAt({ view }: Pick<Block, 'view'>, at: number): number {
  return view.getUint32(at)
}

export function keptAt({ view }: Pick<Block, 'view'>, at: number): number {
  return view.getFloat64(at + KEPT_AT)
}

/** Of letters and digits alone. */
export function nameAt({ bytes, view }: Block, at: number): string {
  const start = at + HEAD_BYTES
  return bytes.toString('latin1', start, start + view.getUint32(at + LENGTHS))
}

/** Compared where it lies. */
export function isNamed({ bytes, view }: Block, at: number, name: string): boolean {
  if (view.getUint32(at + LENGTHS) !== name.length) return false
  const start = at + HEAD_BYTES
  for (let i = 0; i < name.length; i += 1) if (bytes[start + i] !== name.charCodeAt(i)) return false
  return true
}

export function isThere({ view }: Block, at: number): boolean {
  return (view.getUint8(at + FLAGS) & IS_THERE) !== 0
}

export function remove({ view }: Block, at: number): void {
  view.setUint8(at + FLAGS, view.getUint8(at + FLAGS) & ~IS_THERE)
}

/** Whether it was asked for since it was written or since this was taken back. */
export function wasAsked({ view }: Block, at: number): boolean {
  return (view.getUint8(at + FLAGS) & WAS_ASKED) !== 0
}

export function noteAsked({ view }: Block, at: number, asked: boolean): void {
  const flags = view.getUint8(at + FLAGS)
  view.setUint8(at + FLAGS, asked ? flags | WAS_ASKED : flags & ~WAS_ASKED)
}

export function isOf(block: Block, at: number, { tenant, route }: CacheWhich): boolean {
  if (tenant === undefined && route === undefined) return true
  const words = wordsAt(block, at)
  return (tenant === undefined || words.tenant === tenant) && (route === undefined || words.route === route)
}

function wordsAt({ bytes, view }: Block, at: number) {
  const start = at + HEAD_BYTES
  const words = bytes.toString('utf8', start, start + view.getUint32(at + WORD_BYTES))
  // Behind the name.
  let from = view.getUint32(at + LENGTHS)
  const next = (i: number): string => words.slice(from, (from += view.getUint32(at + LENGTHS + 4 * i)))
  return { tenant: next(1), route: next(2), contentType: next(3), target: next(4) }
}

function cut(body: Buffer, count: number, endOf: (i: number) => number): readonly Buffer[] {
  let from = 0
  return Array.from({ length: count }, (_, i) => body.subarray(from, (from = endOf(i))))
}

/** Of one chunk it is known where it ends. */
function endsBytes(chunks: number): number {
  return chunks === 1 ? 0 : 4 * chunks
}

function numberAt(view: DataView, at: number): number | null {
  const it = view.getFloat64(at)
  return Number.isNaN(it) ? null : it
}
