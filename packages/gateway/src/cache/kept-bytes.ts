/**
 * An answer as it lies in a shared store: encrypted by what it was asked for.
 *
 * The key is a digest over the whole request, its tenant, prompt and guardrails (`answer-key.ts`). Who can read the store
 * learns how long answers are and when they were kept; to read one he has to know the request already. Who can write
 * to it cannot make up an answer, nor put one in the place of another: what does not open is not there. So there is no
 * secret to hand out and to rotate, and no setting that leaves it off.
 *
 * What it does not hide: who can guess a request in full, such as "hello" to a prompt that is public, can open its answer.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { KeptAnswer } from '../contract/answer-cache.ts'

const METHOD = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Of what is written here; what another build has written otherwise is not there. */
const FORM = 1

interface Head extends Omit<KeptAnswer, 'chunks'> {
  readonly form: number
  readonly sizes: readonly number[]
}

export function sealAnswer(answer: KeptAnswer, key: Buffer): Buffer {
  const { chunks, ...about } = answer
  const head: Head = { ...about, form: FORM, sizes: chunks.map((it) => it.length) }
  const headBytes = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(headBytes.length)
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(METHOD, key, nonce)
  const parts = [length, headBytes, ...chunks].map((it) => cipher.update(it))
  return Buffer.concat([nonce, ...parts, cipher.final(), cipher.getAuthTag()])
}

/** `null` for what was not sealed by the same request, or not by this program. */
export function openAnswer(sealed: Buffer, key: Buffer): KeptAnswer | null {
  try {
    const decipher = createDecipheriv(METHOD, key, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    const plain = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
    const end = 4 + plain.readUInt32BE(0)
    const { form, sizes, ...about } = JSON.parse(plain.toString('utf8', 4, end)) as Head
    if (form !== FORM) return null
    let at = end
    const chunks = sizes.map((size) => plain.subarray(at, (at += size)))
    return { ...about, chunks }
  } catch {
    return null
  }
}
