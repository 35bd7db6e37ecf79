/**
 * What an answer is kept under: a digest over all that it hangs on. `ask-scope.ts` has what is not in
 * the request.
 *
 * Two digests of the same: `name`, by which an answer is found, and `seal`, by which one that is kept outside of this
 * process is encrypted (`redis-answers.ts`). Who sees the first learns nothing of the second.
 *
 * Why digests and not the request itself: prompts are private, keys of a shared store are seen by many, and a megabyte of
 * conversation would be kept beside each answer.
 *
 * A field counts by its bytes: what is written the same is read the same, by whomever. Only the order of the fields does
 * not count, nor the space between them.
 */
import { hash } from 'node:crypto'
import type { CacheAsk } from '../contract/answer-cache.ts'
import { scopeOf } from './ask-scope.ts'
import { isPlain, writeCanonical, writeMembers } from './canonical-json.ts'
import { type Fields, isBeside, isFields, lastMessageOf, mayBeKept, partsOf } from './request-parts.ts'

export interface AnswerKey {
  readonly name: string
  /** `null` for a store in this process. It is made at once: to make it later would be to hold the whole request. */
  readonly seal: Buffer | null
  readonly tenant: string
  readonly route: string
  /** For comparison with others that are alike; `null` where there is nothing to compare. */
  readonly alike: Alike | null
}

export interface Alike {
  /** Digest over everything but the text. Only texts under the same are compared. */
  readonly within: string
  readonly text: string
}

export interface KeyWish {
  readonly sampled: boolean
  /** Whether it is kept outside of this process. */
  readonly sealed: boolean
  /** Whether it is to be compared with others that are alike. */
  readonly semantic: boolean
}

/** `null` for a request that is always asked, and for one that has a field twice: which of them counts differs. */
export function keyOf(ask: CacheAsk, { sampled, semantic, sealed }: KeyWish): AnswerKey | null {
  const { value: body } = ask.body
  if (!isFields(body) || !mayBeKept(ask.wire, body, sampled)) return null
  const order = inOrder(ask.body.names)
  if (order === null) return null
  const material = writeMaterial(ask, order)
  const name = hash('sha256', material, 'base64url')
  return {
    name,
    seal: sealed ? sealOf(material) : null,
    tenant: ask.tenant,
    route: ask.route,
    alike: ask.changed || !semantic ? null : alikeOf(ask, body),
  }
}

const NAMED = Buffer.from('name\n')
const SEALED = Buffer.from('seal\n')

/** Writes over the label, which is as long as the other. */
function sealOf(material: Buffer): Buffer {
  SEALED.copy(material)
  return hash('sha256', material, 'buffer')
}

/** Material of the request at hand lies here: it is digested before another can come. */
const desk = Buffer.allocUnsafeSlow(64 * 1024)
const COLON = 58
const COMMA = 44

/** The scope, and behind it the fields in that order. No two different ones are the same bytes. */
function writeMaterial(ask: CacheAsk, order: readonly number[]): Buffer {
  const { names, members, bytes } = ask.body
  const scope = scopeOf(ask)
  const most = NAMED.length + scope.length + bytes.length + 2 * names.length
  const to = most <= desk.length ? desk : Buffer.allocUnsafe(most)
  let end = NAMED.copy(to)
  end += scope.copy(to, end)
  for (let i = 0; i < order.length; i += 1) {
    const member = order[i] ?? 0
    if (isBeside(ask.wire, names[member] ?? '')) continue
    const at = 4 * member
    // Mostly one piece, with nothing but the colon between.
    const isTight = members[at + 2] === (members[at + 1] ?? 0) + 1
    if (!isTight) {
      end += bytes.copy(to, end, members[at], members[at + 1])
      to[end] = COLON
      end += 1
    }
    end += bytes.copy(to, end, members[isTight ? at : at + 2], members[at + 3])
    to[end] = COMMA
    end += 1
  }
  return to.subarray(0, end)
}

/** Which comes when, by name; `null` where one is there twice. */
function inOrder(names: readonly string[]): readonly number[] | null {
  const order = names.length > FEW ? sorted(names) : sortedFew(names)
  for (let i = 1; i < order.length; i += 1) {
    if (names[order[i] ?? 0] === names[order[i - 1] ?? 0]) return null
  }
  return order
}

/** Up to here no copies are worth taking, as `Array.sort` does; a body has few fields. */
const FEW = 32

function sortedFew(names: readonly string[]): number[] {
  const order: number[] = []
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i] ?? ''
    let at = i
    for (; at > 0; at -= 1) {
      const before = order[at - 1] ?? 0
      if ((names[before] ?? '') <= name) break
      order[at] = before
    }
    order[at] = i
  }
  return order
}

function sorted(names: readonly string[]): number[] {
  return [...names.keys()].sort((a, b) => ((names[a] ?? '') < (names[b] ?? '') ? -1 : 1))
}

/** Longer texts are compared as a whole only: models of embeddings cut them, and what is cut off is not compared. */
const MOST_CHARS = 8_000

/**
 * Everything but the text, however it is written: those who ask nearly the same are seldom one program. `null` as well
 * where two parsers could see two things.
 */
function alikeOf(ask: CacheAsk, body: Fields): Alike | null {
  const { question, form } = partsOf(ask.wire, body)
  const last = lastMessageOf(ask.wire, pick(body, question))
  if (last === null || last.text.length > MOST_CHARS || last.text.trim() === '') return null
  if (!isPlain(ask.body.text, body)) return null
  // "12 times 13" and "12 times 14" are as alike as texts can be: numbers must be the same.
  const numbers = last.text.match(/\d+/g) ?? []
  const material = `${scopeOf(ask).toString()}${writeMembers(body, form)}${writeCanonical(last.rest)}`
  return { within: hash('sha256', `alike\n${numbers.join(' ')}\n${material}`, 'base64url'), text: last.text }
}

function pick(body: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, body[name]]))
}
