/**
 * A request for the number of tokens that a request would have. It goes the same way as the request itself would;
 * what differs is its body and its answer.
 *
 * A target that counts in the caller's format gets the caller's bytes, one that counts in the other the
 * translation. Where the target does not count, the number is estimated here, and the answer says so: clients
 * that ask want to know whether something fits, and an error tells them less.
 */
import type { CompiledTarget } from '../contract/compiled.ts'
import type { CallHead, Downstream } from '../contract/downstream.ts'
import type { Usage } from '../contract/neutral.ts'
import type { UpstreamRequest } from '../contract/upstream.ts'
import type { Aside } from '../routing/attempt-host.ts'
import { bodyShapes, inputInPathShape } from '../wire/body-shapes.ts'
import { type Fields, isFields } from '../wire/fields.ts'
import { wireOf } from '../wire/list.ts'
import { RequestBody } from '../wire/request-body.ts'
import { claimSignatures } from '../wire/signature-origin.ts'
import { ConvertedReply } from './replies/converted-reply.ts'
import type { Answer } from './replies/open-reply.ts'
import { PlainReply } from './replies/plain-reply.ts'
import type { Reply } from './replies/reply.ts'
import { RoutedCall } from './routed-call.ts'
import type { PipelineTools } from './tools.ts'
import type { BodyFor, UpstreamBody } from './upstream-body.ts'

const ESTIMATED = ['x-changeover-warnings', 'tokens: estimated, because this target does not count them']

/** What of a Messages request is counted; the rest is refused there. */
const COUNTED = ['model', 'system', 'messages', 'tools', 'tool_choice', 'thinking'] as const

export class CountCall extends RoutedCall {
  readonly #isAnthropic: boolean
  /** The name of the count in the answer that is awaited, where it is not the caller's. */
  #counts: string | null = null

  constructor(tools: PipelineTools, downstream: Downstream, head: CallHead) {
    super(tools, downstream, head)
    this.#isAnthropic = head.wire.name === 'anthropic-messages'
  }

  override onAttempt(target: CompiledTarget): UpstreamRequest | null {
    const { paths } = target
    if (paths['anthropic-count-tokens'] !== undefined || paths['gemini-count-tokens'] !== undefined) {
      return super.onAttempt(target)
    }
    const answer = JSON.stringify(this.#write(this.routeAsk().inputTokens()))
    this.sendWhole(200, 'application/json', answer, ESTIMATED)
    return null
  }

  override openAside(): Aside | null {
    return null
  }

  protected override get isFree(): boolean {
    return true
  }

  protected override readBody(bytes: Buffer): RequestBody {
    const shape = this.#isAnthropic ? bodyShapes['anthropic-messages'] : inputInPathShape
    return new RequestBody(bytes, shape, this.head.path)
  }

  protected override writeUpstream(it: BodyFor, target: CompiledTarget): UpstreamBody {
    const own = target.paths[this.#isAnthropic ? 'anthropic-count-tokens' : 'gemini-count-tokens']
    const other = target.paths[this.#isAnthropic ? 'gemini-count-tokens' : 'anthropic-count-tokens']
    const path = (own ?? other)?.whole ?? ''
    if (own !== undefined) {
      this.#counts = null
      return { ...written(this.head.wire.name, path), bytes: passOn(it, target) }
    }
    this.#counts = this.#isAnthropic ? 'totalTokens' : 'input_tokens'
    const body = this.#isAnthropic ? forGoogle(it, target) : forAnthropic(it, target)
    const wire = this.#isAnthropic ? 'gemini' : 'anthropic-messages'
    return { ...written(wire, path), bytes: Buffer.from(JSON.stringify(body)) }
  }

  protected override openReplyFor(answer: Answer): Reply | null {
    const name = this.#counts
    if (name === null) return new PlainReply(this, answer.status, answer.headers)
    return new ConvertedReply(this, (body) => this.#convert(body[name]))
  }

  #convert(tokens: unknown): { readonly body: Fields; readonly usage: Usage | null } | null {
    return typeof tokens === 'number' ? { body: this.#write(tokens), usage: null } : null
  }

  #write(tokens: number): Fields {
    return this.#isAnthropic ? { input_tokens: tokens } : { totalTokens: tokens }
  }
}

function written(wire: UpstreamBody['wire'], path: string): Omit<UpstreamBody, 'bytes'> {
  return { wire, path, warnings: [], mended: false, hidesUsage: false, request: null }
}

function passOn({ body, prompt }: BodyFor, { upstreamModel: model }: CompiledTarget): Buffer {
  return body.splice({ model, modelJson: Buffer.from(JSON.stringify(model)), defaults: [], prompt })
}

function forGoogle({ body, prompt }: BodyFor, target: CompiledTarget): Fields {
  const model = target.upstreamModel
  const asked = wireOf('anthropic-messages').parseRequest(body.toFields(prompt))
  const { request } = claimSignatures(asked, 'anthropic-messages', 'gemini')
  const { body: whole } = wireOf('gemini').writeRequest(request, model)
  if (target.provider.kind === 'vertex') return whole
  return { generateContentRequest: { model: `models/${model}`, ...whole } }
}

function forAnthropic({ body }: BodyFor, target: CompiledTarget): Fields {
  const asked = wireOf('gemini').parseRequest(countedFields(body))
  const { request } = claimSignatures(asked, 'gemini', 'anthropic-messages')
  const { body: whole } = wireOf('anthropic-messages').writeRequest(request, target.upstreamModel)
  return Object.fromEntries(COUNTED.filter((name) => name in whole).map((name) => [name, whole[name]]))
}

/** A count is asked of contents alone, or of a whole request inside. */
function countedFields(body: RequestBody): Fields {
  const fields = body.toFields(null)
  const inside = fields['generateContentRequest'] ?? fields['generate_content_request']
  return isFields(inside) ? { ...inside, model: body.model, stream: false } : fields
}
