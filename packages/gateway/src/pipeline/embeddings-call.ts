/**
 * A request for vectors. It goes the same way as a request for a reply, through identity, limits, routing with
 * retries and fallbacks, and into the record; what differs is its body and its answer.
 *
 * A target that speaks the caller's own format gets the caller's bytes. Nothing goes out beside an attempt: vectors
 * are cheap to ask for again.
 */
import type { CompiledTarget } from '../contract/compiled.ts'
import type { CallHead, Downstream } from '../contract/downstream.ts'
import type { EmbedRequest, EmbedWire, EmbedWireName } from '../contract/embeddings.ts'
import { GatewayError } from '../errors.ts'
import type { Aside } from '../routing/attempt-host.ts'
import { inputInPathShape, inputShape } from '../wire/body-shapes.ts'
import { embedWireOf, embedWires } from '../wire/embeddings/list.ts'
import { RequestBody } from '../wire/request-body.ts'
import { EmbeddingsReply } from './replies/embeddings-reply.ts'
import type { Answer } from './replies/open-reply.ts'
import { PlainReply } from './replies/plain-reply.ts'
import type { Reply } from './replies/reply.ts'
import { RoutedCall } from './routed-call.ts'
import type { PipelineTools } from './tools.ts'
import type { BodyFor, UpstreamBody } from './upstream-body.ts'

export interface EmbedHead extends CallHead {
  /** What the caller speaks. */
  readonly embeds: EmbedWireName
}

export class EmbeddingsCall extends RoutedCall {
  readonly #wire: EmbedWire
  readonly #side: NonNullable<EmbedWire['caller']>
  #asked: EmbedRequest | null = null
  /** What the target of the attempt is asked in; `null` where the caller's own bytes went. */
  #spoken: EmbedWire | null = null

  constructor(tools: PipelineTools, downstream: Downstream, head: EmbedHead) {
    super(tools, downstream, head)
    this.#wire = embedWireOf(head.embeds)
    if (this.#wire.caller === null) throw new TypeError(`no caller speaks ${head.embeds}`)
    this.#side = this.#wire.caller
  }

  override openAside(): Aside | null {
    return null
  }

  /** Vectors are not written in tokens. */
  override outputTokens(): number {
    return 0
  }

  protected override readBody(bytes: Buffer): RequestBody {
    const { path } = this.head
    return new RequestBody(bytes, path === null ? inputShape : inputInPathShape, path)
  }

  protected override writeUpstream({ body, route }: BodyFor, target: CompiledTarget): UpstreamBody {
    const { errors } = this.#wire
    const own = target.paths[this.#wire.name]
    if (own !== undefined) {
      this.#spoken = null
      const bytes = this.#retarget(body, target.upstreamModel)
      return {
        bytes,
        wire: errors,
        path: own.whole,
        warnings: [],
        mended: false,
        hidesUsage: false,
        request: null,
      }
    }
    const asked = this.#read(body)
    const spoken = this.#chooseWire(asked, target)
    this.#spoken = spoken
    const written = spoken.writeRequest(asked, target.upstreamModel)
    const { warnings, notes = [] } = written
    if (route.unsupported === 'refuse' && warnings.length > 0) {
      throw new GatewayError('request.unsupported', { target: target.name, what: warnings.join('; ') })
    }
    const bytes = Buffer.from(JSON.stringify(written.body))
    const path = target.paths[spoken.name]?.whole ?? ''
    return {
      bytes,
      wire: spoken.errors,
      path,
      warnings: [...notes, ...warnings],
      mended: false,
      hidesUsage: false,
      request: null,
    }
  }

  protected override openReplyFor(answer: Answer): Reply | null {
    const from = this.#spoken
    if (from === null) return new PlainReply(this, answer.status, answer.headers)
    const asked = this.#asked
    if (asked === null) return null
    const { id, model } = this.about
    const about = { id, model, encoding: asked.encoding ?? 'float' }
    return new EmbeddingsReply(this, { from, to: this.#side, about, count: asked.inputs.length })
  }

  #read(body: RequestBody): EmbedRequest {
    const { stream: _, ...fields } = body.toFields(null)
    this.#asked ??= this.#side.parseRequest(fields)
    return this.#asked
  }

  #retarget(body: RequestBody, model: string): Buffer {
    const { retarget } = this.#side
    if (retarget === null) {
      return body.splice({ model, modelJson: Buffer.from(JSON.stringify(model)), defaults: [], prompt: null })
    }
    const { stream: _, ...fields } = body.toFields(null)
    return Buffer.from(JSON.stringify(retarget(fields, model)))
  }

  /** Of the formats that the target speaks, the first that takes so many inputs. */
  #chooseWire(asked: EmbedRequest, target: CompiledTarget): EmbedWire {
    const spoken = embedWires.filter((it) => target.paths[it.name] !== undefined)
    const chosen = spoken.find((it) => asked.inputs.length === 1 || it.name !== 'gemini-embeddings')
    if (chosen !== undefined) return chosen
    throw new GatewayError('routing.no_embeddings', { target: target.name })
  }
}
