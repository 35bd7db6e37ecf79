/**
 * What an answer is kept under: a digest over all that it hangs on. Whatever is added to that belongs into `everything`,
 * and nowhere else.
 *
 * Two digests of the same: `name`, by which an answer is found, and `seal`, by which one that is kept outside of this
 * process is encrypted (`redis-answers.ts`). Who sees the first learns nothing of the second.
 *
 * Why digests and not the request itself: prompts are private, keys of a shared store are seen by many, and a megabyte of
 * conversation would be kept beside each answer.
 */
import { hash } from 'node:crypto'
import type { CacheAsk } from '../contract/answer-cache.ts'
import { isPlain, writeCanonical, writeMembers } from './canonical-json.ts'
import { type Fields, isFields, lastMessageOf, partsOf } from './request-parts.ts'

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

/** `null` for a request that is always asked, and for one that could be read in two ways. */
export function keyOf(ask: CacheAsk, { sampled, semantic, sealed }: KeyWish): AnswerKey | null {
  const { text, value: body } = ask.body
  if (!isFields(body) || !isPlain(text, body)) return null
  const parts = partsOf(ask.wire, body, sampled)
  if (parts === null) return null
  const form = `${ask.stream} ${writeMembers(body, parts.form)}`
  const material = everything(ask, form, writeMembers(body, parts.question))
  return {
    name: hash('sha256', `name\n${material}`, 'base64url'),
    seal: sealed ? hash('sha256', `seal\n${material}`, 'buffer') : null,
    tenant: ask.tenant,
    route: ask.route,
    alike: ask.changed || !semantic ? null : alikeOf(ask, form, pick(body, parts.question)),
  }
}

function pick(body: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, body[name]]))
}

/** A list in brackets and quotes, and an object behind it: no two different ones are the same text. */
function everything(ask: CacheAsk, form: string, question: string): string {
  const { tenant, route, context, prompt, guards, wire, model, basis } = ask
  return JSON.stringify([tenant, route, context, prompt, guards, wire, model, basis, form]) + question
}

/** Longer texts are compared as a whole only: models of embeddings cut them, and what is cut off is not compared. */
const MOST_CHARS = 8_000

function alikeOf(ask: CacheAsk, form: string, question: Fields): Alike | null {
  const last = lastMessageOf(ask.wire, question)
  if (last === null || last.text.length > MOST_CHARS || last.text.trim() === '') return null
  // "12 times 13" and "12 times 14" are as alike as texts can be: numbers must be the same.
  const numbers = last.text.match(/\d+/g) ?? []
  const material = everything(ask, form, writeCanonical(last.rest))
  return { within: hash('sha256', `alike\n${numbers.join(' ')}\n${material}`, 'base64url'), text: last.text }
}
