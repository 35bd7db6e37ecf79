/**
 * A request for something beside texts and vectors, in OpenAI's form: pictures, speech, transcripts, moderation,
 * ranking. It goes the way of every call, through identity, limits, routing and the record; body and answer pass
 * as they are, but for the model's name.
 *
 * Nothing is translated: a target that does not speak OpenAI's formats is refused.
 */
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import { GatewayError } from '../errors.ts'
import type { Aside } from '../routing/attempt-host.ts'
import { inputShape } from '../wire/body-shapes.ts'
import { FormBody } from '../wire/form-body.ts'
import { RequestBody } from '../wire/request-body.ts'
import type { Answer } from './replies/open-reply.ts'
import { PassReply } from './replies/pass-reply.ts'
import type { Reply } from './replies/reply.ts'
import { type Passed, RoutedCall } from './routed-call.ts'
import type { BodyFor, UpstreamBody } from './upstream-body.ts'

const FORM = /^multipart\/form-data\b/i

export class MediaCall extends RoutedCall {
  override openAside(): Aside | null {
    return null
  }

  protected override readBody(bytes: Buffer): RequestBody {
    const type = this.#contentType
    return FORM.test(type) ? new FormBody(bytes, type) : new RequestBody(bytes, inputShape)
  }

  /** What comes as a form is files and their names. */
  protected override inspect(route: CompiledRoute): Passed {
    return this.body instanceof FormBody ? this.inspectUnread(route) : super.inspect(route)
  }

  protected override writeUpstream({ body }: BodyFor, target: CompiledTarget): UpstreamBody {
    if (target.paths['openai-chat'] === undefined) {
      throw new GatewayError('routing.not_passed', { target: target.name, path: this.head.endpoint })
    }
    const path = target.basePath + this.head.endpoint.replace(/^\/v\d+/, '')
    const model = target.upstreamModel
    const said = {
      wire: this.head.wire.name,
      path,
      warnings: [],
      mended: false,
      hidesUsage: false,
      request: null,
    }
    if (body instanceof FormBody) {
      return { ...said, bytes: body.withModel(model), contentType: this.#contentType }
    }
    const modelJson = Buffer.from(JSON.stringify(model))
    return { ...said, bytes: body.splice({ model, modelJson, defaults: [], prompt: null }) }
  }

  protected override openReplyFor(answer: Answer): Reply {
    return new PassReply(this, answer, 'openai-responses')
  }

  get #contentType(): string {
    const type = this.head.headers['content-type']
    return typeof type === 'string' ? type : ''
  }
}
