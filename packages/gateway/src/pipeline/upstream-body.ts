/**
 * What a call becomes for one target: the caller's bytes with the model's name changed where the target speaks
 * the caller's format, else the request translated into the format that it speaks best; and then whatever this
 * target wants otherwise.
 */
import { keyOpenAI, markAnthropic, markBedrock } from '../cache/prompt-marks.ts'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { NeutralRequest } from '../contract/neutral.ts'
import type { Provider, Quirks } from '../contract/provider.ts'
import type { UpstreamRequest } from '../contract/upstream.ts'
import type { WireName } from '../contract/wire.ts'
import { GatewayError } from '../errors.ts'
import { adaptRequest, isConcerned, takesField } from '../providers/quirks.ts'
import { wireOf } from '../wire/list.ts'
import {
  type DefaultsInFormat,
  fillIn,
  neutralDefaults,
  type PreparedDefaults,
  prepareDefaults,
} from '../wire/prepared-defaults.ts'
import type { RequestBody } from '../wire/request-body.ts'
import { claimSignatures, mayCarryMarks } from '../wire/signature-origin.ts'

export interface UpstreamBody {
  readonly bytes: Buffer
  /** The format that the target is asked in, and answers in. */
  readonly wire: WireName
  /** Where it is not that of JSON; `null` for none. */
  readonly contentType?: string | null
  /** Where it is not POST. */
  readonly method?: UpstreamRequest['method']
  /** Of the target, ready to send. */
  readonly path: string
  /** What this target will not see, or sees otherwise. */
  readonly warnings: readonly string[]
  /** The answer is read and written anew, although caller and target speak the same format. */
  readonly mended: boolean
  /** The target was asked to count the tokens of its stream, and the caller had not asked for that. */
  readonly hidesUsage: boolean
  /** What was asked, where it had to be understood. */
  readonly request: NeutralRequest | null
}

const CHAT = 'openai-chat'
const NO_WARNINGS: readonly string[] = []
const NO_DEFAULTS: readonly DefaultsInFormat[] = []

export interface BodyFor {
  readonly body: RequestBody
  readonly route: CompiledRoute
  readonly prompt: string | null
  readonly callerWire: WireName
  /** Empty for none. */
  readonly tenant: string
}

/** Throws `request.field` where a field cannot be translated, `request.unsupported` where the route wants it so. */
export function writeUpstreamBody(it: BodyFor, target: CompiledTarget): UpstreamBody {
  const native = target.paths[it.callerWire]
  const mended = native !== undefined && it.callerWire === CHAT && target.provider.quirks?.mends === true
  // A conversation that another provider has been in may hold what only that one takes back.
  const passes = native !== undefined && !mended && !mayCarryMarks(it.body.bytes)
  const written = passes ? passOn(it, target) : translate(it, target, native !== undefined)
  const path = native ?? target.paths[written.wire]
  if (path === undefined) throw new TypeError(`provider ${target.provider.kind} has no path for its format`)
  const { wire, notes, warnings, hidesUsage, request } = written
  if (it.route.unsupported === 'refuse' && warnings.length > 0) {
    const what = warnings.join('; ')
    throw new GatewayError('request.unsupported', { target: target.name, what })
  }
  return {
    bytes: reshape(markPrompt(written, it, target), target.provider),
    wire,
    path: it.body.stream ? path.stream : path.whole,
    warnings: notes.length === 0 ? warnings : [...notes, ...warnings],
    mended,
    hidesUsage,
    request,
  }
}

/** Of providers that take the key; others of the same format may refuse what they do not know. */
const KEYED: ReadonlySet<string> = new Set(['azure', 'openai'])

/** Tells the provider what of the prompt it may keep, where the model is set so. */
function markPrompt(
  { bytes, wire }: Pick<Written, 'bytes' | 'wire'>,
  it: BodyFor,
  target: CompiledTarget,
): Buffer {
  const { promptCache, provider, upstreamModel } = target
  if (promptCache === 'off') return bytes
  if (wire === 'anthropic-messages') return markAnthropic(bytes, promptCache)
  if (wire === 'bedrock-converse') return markBedrock(bytes, upstreamModel, promptCache)
  const takesKey = (wire === CHAT || wire === 'openai-responses') && KEYED.has(provider.kind)
  if (!takesKey || it.body.has('prompt_cache_key')) return bytes
  return keyOpenAI(bytes, [it.tenant, it.route.name, it.route.context?.id ?? null])
}

/** For the few providers that want something of their format otherwise. */
function reshape(bytes: Buffer, provider: Provider): Buffer {
  if (provider.reshape === undefined) return bytes
  const body = JSON.parse(bytes.toString()) as Record<string, unknown>
  return Buffer.from(JSON.stringify(provider.reshape(body)))
}

interface Written extends Omit<UpstreamBody, 'path' | 'mended' | 'contentType' | 'method'> {
  /** What was filled in: told like the warnings, and no reason to refuse. */
  readonly notes: readonly string[]
}

function passOn({ body, route, prompt, callerWire }: BodyFor, target: CompiledTarget): Written {
  const ofContext = route.context?.parameters ?? null
  const ofModel = target.parameters
  const model = target.upstreamModel
  const modelJson = modelJsonOf(target)
  const defaults: readonly DefaultsInFormat[] =
    ofContext === null && ofModel === null
      ? NO_DEFAULTS
      : [
          prepareDefaults(ofContext, callerWire, false),
          prepareDefaults(ofModel, callerWire, callerWire === target.provider.wire),
        ]
  const hidesUsage = mustAskForUsage(body, callerWire, target.provider.quirks)
  const members = defaults.map((its) => its.members)
  if (hidesUsage) members.push(ASK_FOR_USAGE)
  const bytes = body.splice({ model, modelJson, defaults: members, prompt })
  const quirks = callerWire === CHAT ? target.provider.quirks : undefined
  const adapted = quirks === undefined ? null : adaptBytes(bytes, quirks, { body, members })
  const warnings = defaults.length === 0 ? NO_WARNINGS : defaults.flatMap((its) => its.warnings)
  if (adapted === null) {
    return { bytes, wire: callerWire, warnings, notes: NO_WARNINGS, request: null, hidesUsage }
  }
  return {
    bytes: adapted.bytes,
    wire: callerWire,
    warnings: [...warnings, ...adapted.warnings],
    notes: NO_WARNINGS,
    request: null,
    hidesUsage,
  }
}

const ASK_FOR_USAGE: PreparedDefaults = [
  {
    name: 'stream_options',
    value: { include_usage: true },
    member: Buffer.from('"stream_options":{"include_usage":true}'),
  },
]

/** Formats whose streams count tokens only where they are asked to. */
const UNCOUNTED: ReadonlySet<WireName> = new Set(['openai-chat', 'openai-completions'])

/** Without a count a streamed call has no tokens in its record, and no cost. What the caller says of it stands. */
function mustAskForUsage(body: RequestBody, wire: WireName, quirks: Quirks | undefined): boolean {
  if (!body.stream || !UNCOUNTED.has(wire) || body.has('stream_options')) return false
  return quirks === undefined || takesField(quirks, 'stream_options')
}

/** `null` where nothing in it has to change. */
function adaptBytes(
  bytes: Buffer,
  quirks: Quirks,
  { body, members }: { readonly body: RequestBody; readonly members: readonly PreparedDefaults[] },
): { readonly bytes: Buffer; readonly warnings: readonly string[] } | null {
  const has = (name: string) => body.has(name) || members.some((its) => its.some((it) => it.name === name))
  if (!isConcerned(quirks, { bytes, has })) return null
  const adapted = adaptRequest(JSON.parse(bytes.toString()) as Record<string, unknown>, quirks)
  return { bytes: Buffer.from(JSON.stringify(adapted.body)), warnings: adapted.warnings }
}

/** `isOwn`: into the caller's format again, because its bytes cannot go as they are. */
function translate(
  { body, route, prompt, callerWire }: BodyFor,
  target: CompiledTarget,
  isOwn: boolean,
): Written {
  const wire = isOwn ? callerWire : target.provider.wire
  const ofContext = neutralDefaults(route.context?.parameters ?? null)
  const ofModel = neutralDefaults(target.parameters)
  const asked = wireOf(callerWire).parseRequest(body.toFields(prompt))
  const claimed = claimSignatures(fillIn(fillIn(asked, ofContext), ofModel), callerWire, wire)
  const { request } = claimed
  const written = wireOf(wire).writeRequest(withUsage(request), target.upstreamModel)
  const own = wire === CHAT ? { ...ofModel.extra, ...ofContext.extra } : ofModel.extra
  const lost = wire === CHAT ? [] : Object.keys(ofContext.extra)
  const quirks = wire === CHAT ? target.provider.quirks : undefined
  const whole = { ...own, ...written.body }
  const adapted = quirks === undefined ? { body: whole, warnings: NO_WARNINGS } : adaptRequest(whole, quirks)
  return {
    bytes: Buffer.from(JSON.stringify(adapted.body)),
    wire,
    warnings: [...written.warnings, ...lost.map((name) => `${name}: not supported`), ...adapted.warnings],
    notes: notesOf(written.notes ?? NO_WARNINGS, claimed.dropped),
    request,
    hidesUsage: isOwn && mustAskForUsage(body, callerWire, quirks),
  }
}

/** Told, and no reason to refuse: the conversation goes on without thoughts that this target could not check. */
function notesOf(notes: readonly string[], dropped: number): readonly string[] {
  if (dropped === 0) return notes
  return [...notes, `signatures of thoughts: ${dropped} of another provider are left out`]
}

/** Chat's streams count tokens only where they are asked to; the streams of all other formats always do. */
function withUsage(request: NeutralRequest): NeutralRequest {
  return request.stream && request.streamUsage === undefined ? { ...request, streamUsage: true } : request
}

const modelJson = new WeakMap<CompiledTarget, Buffer>()

function modelJsonOf(target: CompiledTarget): Buffer {
  let json = modelJson.get(target)
  if (json === undefined) {
    json = Buffer.from(JSON.stringify(target.upstreamModel))
    modelJson.set(target, json)
  }
  return json
}
