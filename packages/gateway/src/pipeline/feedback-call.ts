/**
 * `POST /v1/feedback`: what the user of a call thought of its answer, said by the caller with the key that made the
 * call, or another of the same tenant. Kept beside the record; while the call's rollout goes on, it is added to the
 * side that the call was on.
 *
 * What is said of other tenants' calls is answered like what is said of no call at all: whether a call exists is
 * nobody else's business.
 *
 * It reaches past memory, which no other call does: the record is asked of the call log's own thread.
 */
import type { CallRecord } from '../contract/call.ts'
import { GatewayError } from '../errors.ts'
import { type Fields, isFields } from '../wire/fields.ts'
import { Call, type CutCode } from './call.ts'
import { FEEDBACK } from './measures.ts'

const LONGEST_COMMENT = 4_000
const CALL_ID = /^call_[A-Za-z0-9_-]{1,64}$/
/** Questions to the call log at a time; it answers some thousand a second. */
const AT_ONCE = 64

const THUMBS: Readonly<Record<string, number>> = { up: 1, down: -1 }

interface Said {
  readonly call: string
  readonly score: number
  readonly comment: string | null
}

let asking = 0

export class FeedbackCall extends Call {
  take(body: Buffer): void {
    if (this.ended || this.isClosed) return
    try {
      const said = readSaid(body)
      if (asking >= AT_ONCE) throw new GatewayError('feedback.busy', {})
      asking += 1
      void this.#keep(said).finally(() => {
        asking -= 1
      })
    } catch (thrown) {
      this.refuseThrown(thrown)
    }
  }

  onDrain(): void {}

  cut(code: CutCode = 'call.cut'): void {
    if (!this.ended && !this.isClosed) this.refuse(code, {})
  }

  protected finish(): void {}

  protected addHeaders(): void {}

  /** Never rejects. */
  async #keep(said: Said): Promise<void> {
    try {
      const record = (await this.tools.calls.find?.(said.call)) ?? null
      if (this.isClosed || this.ended) return
      if (record === null || record.tenant !== (this.caller?.tenant ?? null))
        throw new GatewayError('feedback.no_such_call', { call: said.call })
      const comment = this.gateway?.keepComments === true ? said.comment : null
      this.tools.calls.hear?.({ call: said.call, at: this.tools.clock.now(), score: said.score, comment })
      const counted = this.#count(record, said.score)
      this.sendWhole(200, 'application/json', JSON.stringify({ call: said.call, counted }))
    } catch (thrown) {
      if (!this.isClosed && !this.ended) this.refuseThrown(thrown)
    }
  }

  /** Whether it was added to a side of a rollout. Neither good nor bad is no vote. */
  #count(record: CallRecord, score: number): boolean {
    const side = this.tools.sides.hear(record)
    if (side === null || score === 0) return false
    const isOwnUnit = record.unit === null || record.unit === 'request'
    side.add(FEEDBACK, score > 0 ? 1 : 0, isOwnUnit ? undefined : (record.cohort ?? undefined))
    return true
  }
}

/** Throws `request.field`. */
function readSaid(body: Buffer): Said {
  const fields = parse(body)
  const { call, comment = null } = fields
  if (typeof call !== 'string' || !CALL_ID.test(call))
    throw wrong('call', call, 'the id of a call, from x-changeover-call')
  if (comment !== null && (typeof comment !== 'string' || comment.length > LONGEST_COMMENT))
    throw wrong('comment', comment, `a text of up to ${LONGEST_COMMENT} characters`)
  return { call, score: readScore(fields), comment }
}

function readScore({ score }: Fields): number {
  const number = typeof score === 'string' && Object.hasOwn(THUMBS, score) ? THUMBS[score] : score
  if (typeof number === 'number' && number >= -1 && number <= 1) return number
  throw wrong('score', score, 'a number from -1 to 1, up or down')
}

function parse(body: Buffer): Fields {
  try {
    const value: unknown = JSON.parse(body.toString())
    if (isFields(value)) return value
  } catch {
    // Said below.
  }
  throw new GatewayError('request.field', {
    field: 'body',
    found: 'something else',
    expected: 'a JSON object',
  })
}

function wrong(field: string, found: unknown, expected: string): GatewayError<'request.field'> {
  return new GatewayError('request.field', {
    field,
    found: found === undefined ? 'nothing' : sayShort(found),
    expected,
  })
}

/** Of what is short; a text that is longer may be a comment that landed in the wrong field. */
function sayShort(found: unknown): string {
  const text = JSON.stringify(found)
  return text.length <= 16 ? text : `a ${typeof found}`
}
