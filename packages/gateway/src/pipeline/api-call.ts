/**
 * `POST /apis/{name}/{version}`: a published prompt, asked by its input. From its context on it goes the way of every
 * request for a model's reply; what differs is how it comes in, and that the answer is the output alone.
 *
 * What a tenant may not see is answered before anything of the body is looked at, and like what is not there.
 *
 * Not here: which version is meant (`apis/`), what an input becomes (`api-request.ts`).
 */
import type { CompiledApi } from '../contract/apis.ts'
import type { CompiledContext, CompiledRoute } from '../contract/compiled.ts'
import type { CallHead, Downstream } from '../contract/downstream.ts'
import type { CallerError, Wire } from '../contract/wire.ts'
import { GatewayError, rules } from '../errors.ts'
import type { AttemptFailure } from '../routing/attempt-host.ts'
import { bodyShapes } from '../wire/body-shapes.ts'
import { wireOf } from '../wire/list.ts'
import { publishedApiOf } from '../wire/published-api.ts'
import { RequestBody } from '../wire/request-body.ts'
import { findApi, mayCallApi } from './api-access.ts'
import { askedModelOf, chatRequestFor, type Output, readInput, readOutput } from './api-request.ts'
import { GenerateCall } from './generate-call.ts'
import { ApiReply } from './replies/api-reply.ts'
import type { Answer } from './replies/open-reply.ts'
import type { Reply } from './replies/reply.ts'
import type { PipelineTools } from './tools.ts'

export interface ApiHead extends CallHead {
  readonly api: { readonly name: string; readonly asked: string }
  readonly stream: boolean
}

export class ApiCall extends GenerateCall {
  readonly #asked: ApiHead
  readonly #wire: Wire
  #api: CompiledApi | null = null
  #isRetried = false
  #bad: GatewayError<'apis.output'> | null = null

  constructor(tools: PipelineTools, downstream: Downstream, head: ApiHead) {
    super(tools, downstream, head)
    this.#asked = head
    this.#wire = publishedApiOf((text) => this.#checkStreamed(text))
  }

  override get callerWire(): Wire {
    return this.#wire
  }

  override onFailure(failure: AttemptFailure): void {
    if (failure.code === 'apis.output' && this.#bad !== null) this.refuseThrown(this.#bad)
    else super.onFailure(failure)
  }

  /** Its body is made from an API's input, which another version may read otherwise. */
  protected override sendCopy(): boolean {
    return false
  }

  protected override get place(): string {
    return this.body?.model ?? ''
  }

  protected override readBody(bytes: Buffer): RequestBody {
    const { gateway, caller } = this
    const api = findApi(gateway, caller, this.#asked.api)
    this.#api = api
    try {
      this.#demandAccess(api)
      const body = chatRequestFor(api, readInput(api, bytes), {
        stream: this.#asked.stream,
        tenant: caller?.tenant ?? null,
      })
      return new RequestBody(body, bodyShapes['openai-chat'])
    } catch (thrown) {
      // The record says what was asked for all the same: who still calls what is retired is asked of it.
      const asked = Buffer.from(JSON.stringify({ model: askedModelOf(api) }))
      this.body = new RequestBody(asked, bodyShapes['openai-chat'])
      throw thrown
    }
  }

  protected override lookUp(): CompiledRoute | undefined {
    return this.#api === null ? undefined : this.gateway?.routes.get(this.#api.route)
  }

  /** The API itself was allowed, or its route. */
  protected override mayAsk(): boolean {
    return true
  }

  protected override get ownContext(): CompiledContext | null {
    return this.#api?.context ?? null
  }

  protected override openReplyFor(answer: Answer): Reply | null {
    const { wire, stream } = answer
    if (stream) return super.openReplyFor({ ...answer, mended: true })
    return new ApiReply(this, wireOf(wire), (text) => this.#output(text))
  }

  protected override addHeaders(headers: string[]): void {
    super.addHeaders(headers)
    const api = this.#api
    if (api === null) return
    headers.push('x-changeover-api', api.id)
    for (const it of api.headers) headers.push(it)
  }

  #demandAccess(api: CompiledApi): void {
    const { caller, tools } = this
    if (!mayCallApi(caller, api)) throw new GatewayError('identity.not_allowed', { model: api.model })
    if (api.state === 'retired') {
      throw new GatewayError('apis.retired', { api: api.id, successor: api.successor })
    }
    if (!api.needsSubscription) return
    const state = caller === null ? null : (tools.subscriptions?.stateOf(api.name, caller.tenant) ?? null)
    if (state !== 'approved') {
      throw new GatewayError('apis.not_subscribed', { api: api.name, state: state ?? 'missing' })
    }
  }

  #output(text: string): { readonly contentType: string; readonly body: string } | null {
    const read = this.#read(text)
    if (read === null) return { contentType: 'text/plain; charset=utf-8', body: text }
    if (read.ok) return { contentType: 'application/json', body: JSON.stringify(read.value) }
    this.#bad = read.error
    if (this.#api?.retriesInvalid === true && !this.#isRetried) {
      this.#isRetried = true
      this.fault('apis.output')
      return null
    }
    // The model has answered, only not as it was asked to.
    this.commit()
    const error = errorOf(read.error)
    this.error = error.code
    this.replyWhole(error.status, 'application/json', JSON.stringify(this.#wire.writeError(error)))
    return null
  }

  #checkStreamed(text: string): CallerError | null {
    const read = this.#read(text)
    if (read === null || read.ok) return null
    this.error = read.error.code
    return errorOf(read.error)
  }

  /** `null` where the output is text. */
  #read(text: string): Output | null {
    const api = this.#api
    return api === null || api.outputSchema === null ? null : readOutput(api, text)
  }
}

function errorOf({ code, message }: GatewayError<'apis.output'>): CallerError {
  return { status: rules[code].status, code, message }
}
