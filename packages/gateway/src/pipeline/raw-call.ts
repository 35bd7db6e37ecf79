/**
 * Any request to a provider, below its address and with its credential: for what the gateway has no word for yet.
 *
 * Only for providers that allow it (`passThrough`), for callers who may call `providers/{name}`, and only to paths
 * below the base URL. It is limited and recorded like every call; nothing in it is understood, so it is made once,
 * and a caller's key, wherever he put it, goes nowhere.
 */
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { CallHead, Downstream } from '../contract/downstream.ts'
import type { UpstreamRequest } from '../contract/upstream.ts'
import type { Aside } from '../routing/attempt-host.ts'
import { inputShape } from '../wire/body-shapes.ts'
import { RequestBody } from '../wire/request-body.ts'
import type { Answer } from './replies/open-reply.ts'
import { PassReply } from './replies/pass-reply.ts'
import type { Reply } from './replies/reply.ts'
import { type Passed, RoutedCall } from './routed-call.ts'
import type { PipelineTools } from './tools.ts'
import type { BodyFor, UpstreamBody } from './upstream-body.ts'

export interface RawHead extends CallHead {
  readonly method: UpstreamRequest['method']
  readonly provider: string
  /** Below the base URL, with a slash before it and the query behind it. */
  readonly below: string
}

/** What a caller with an allow-list must have on it. */
export function rawNameOf(provider: string): string {
  return `providers/${provider}`
}

export class RawCall extends RoutedCall {
  readonly #raw: RawHead
  #counts: CompiledTarget['provider']['wire'] = 'openai-chat'

  constructor(tools: PipelineTools, downstream: Downstream, head: RawHead) {
    super(tools, downstream, head)
    this.#raw = head
  }

  override openAside(): Aside | null {
    return null
  }

  protected override lookUp(name: string): CompiledRoute | undefined {
    return this.gateway?.passThrough.get(name)
  }

  protected override readBody(bytes: Buffer): RequestBody {
    return new RawBody(bytes, rawNameOf(this.#raw.provider))
  }

  /** Nothing in it is understood. */
  protected override inspect(route: CompiledRoute): Passed {
    return this.inspectUnread(route)
  }

  protected override writeUpstream({ body }: BodyFor, target: CompiledTarget): UpstreamBody {
    const { method, below, headers } = this.#raw
    this.#counts = target.provider.wire
    const type = headers['content-type']
    return {
      wire: target.provider.wire,
      path: target.basePath + below,
      warnings: [],
      mended: false,
      hidesUsage: false,
      request: null,
      bytes: body.bytes,
      method,
      contentType: typeof type === 'string' && body.bytes.length > 0 ? type : null,
    }
  }

  protected override openReplyFor(answer: Answer): Reply {
    return new PassReply(this, answer, this.#counts)
  }
}

/** Bytes of which only the length is known. */
class RawBody extends RequestBody {
  override readonly bytes: Buffer

  constructor(bytes: Buffer, name: string) {
    super(Buffer.from(JSON.stringify({ model: name })), inputShape)
    this.bytes = bytes
  }
}
