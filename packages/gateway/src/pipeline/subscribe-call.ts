/**
 * `POST` and `GET /v1/apis/{name}/subscriptions`: a tenant asks to be let in to an API, and how that stands. Somebody
 * who may has to approve it on the admin API; until then calls are refused.
 *
 * It reaches past memory, which no other call but feedback does: a subscription is answered when it is on the disk.
 */
import type { CompiledApi, Subscription } from '../contract/apis.ts'
import type { CallHead, Downstream } from '../contract/downstream.ts'
import { GatewayError } from '../errors.ts'
import { isFields } from '../wire/fields.ts'
import { parseOrRefuse } from '../wire/parse-json.ts'
import { mayCallApi } from './api-access.ts'
import { Call, type CutCode } from './call.ts'
import type { PipelineTools } from './tools.ts'

export interface SubscribeHead extends CallHead {
  readonly api: string
  /** Else only how it stands. */
  readonly asks: boolean
}

const MOST_BYTES = 16 * 1024
const LONGEST_NOTE = 2_000

export class SubscribeCall extends Call {
  readonly #asked: SubscribeHead

  constructor(tools: PipelineTools, downstream: Downstream, head: SubscribeHead) {
    super(tools, downstream, head)
    this.#asked = head
  }

  take(body: Buffer): void {
    if (this.ended || this.isClosed) return
    void this.#answer(body).catch((thrown: unknown) => {
      if (!this.ended && !this.isClosed) this.refuseThrown(thrown)
    })
  }

  onDrain(): void {}

  cut(code: CutCode = 'call.cut'): void {
    if (!this.ended && !this.isClosed) this.refuse(code, {})
  }

  protected finish(): void {}

  protected addHeaders(): void {}

  async #answer(body: Buffer): Promise<void> {
    const { caller, tools } = this
    const { api, asks } = this.#asked
    const seen = (this.gateway?.apis.versions(api, caller?.tenant ?? null) ?? []).filter((it) =>
      mayCallApi(caller, it),
    )
    demandSubscribable(seen, api)
    if (caller === null) throw new GatewayError('identity.missing_key', {})
    const book = tools.subscriptions
    if (book === undefined) throw new GatewayError('apis.subscriptions_not_kept', {})
    const { tenant, key } = caller
    const it = asks ? await book.ask({ api, tenant, key, note: readNote(body) }) : book.find(api, tenant)
    if (this.ended || this.isClosed) return
    if (it === null) throw new GatewayError('apis.no_such_subscription', { api, tenant })
    this.sendWhole(it.state === 'pending' ? 202 : 200, 'application/json', JSON.stringify(write(it)))
  }
}

function demandSubscribable(versions: readonly CompiledApi[], api: string): void {
  if (versions.length === 0) throw new GatewayError('apis.no_such_api', { api: api.slice(0, 200) })
  if (!versions.some((it) => it.needsSubscription)) {
    throw new GatewayError('apis.no_subscription_needed', { api })
  }
}

/** Throws `request.too_large`, `request.not_json` or `request.field`. */
function readNote(body: Buffer): string {
  if (body.length === 0) return ''
  if (body.length > MOST_BYTES) throw new GatewayError('request.too_large', { limit: MOST_BYTES })
  const said = parseOrRefuse(body.toString())
  const note = isFields(said) ? (said['note'] ?? '') : null
  if (typeof note === 'string' && note.length <= LONGEST_NOTE) return note
  const expected = `a text of up to ${LONGEST_NOTE} characters, in an object`
  throw new GatewayError('request.field', { field: 'note', found: 'something else', expected })
}

/** Without who decided: that is the operator's. */
function write({ api, tenant, state, askedAt, note, decidedAt, reason }: Subscription): object {
  const instant = (ms: number): string => new Date(ms).toISOString()
  const decided = decidedAt === null ? {} : { decidedAt: instant(decidedAt), reason }
  return { api, tenant, state, askedAt: instant(askedAt), note, ...decided }
}
