/**
 * What a call becomes for one target: the caller's bytes with the model's name changed where the target speaks
 * the caller's format, else the request translated into the format that it speaks best.
 */
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { NeutralRequest } from '../contract/neutral.ts'
import type { WireName } from '../contract/wire.ts'
import { wireOf } from '../wire/list.ts'
import {
  type DefaultsInFormat,
  fillIn,
  neutralDefaults,
  type PreparedDefaults,
  prepareDefaults,
} from '../wire/prepared-defaults.ts'
import type { RequestBody } from '../wire/request-body.ts'

export interface UpstreamBody {
  readonly bytes: Buffer
  /** The format that the target is asked in, and answers in. */
  readonly wire: WireName
  /** Of the target, ready to send. */
  readonly path: string
  /** What this target will not see, or sees otherwise. */
  readonly warnings: readonly string[]
  /** What was asked, where it had to be understood. */
  readonly request: NeutralRequest | null
}

const NO_WARNINGS: readonly string[] = []
const NO_DEFAULTS: readonly PreparedDefaults[] = []

export interface BodyFor {
  readonly body: RequestBody
  readonly route: CompiledRoute
  readonly prompt: string | null
  readonly callerWire: WireName
}

/** Throws `request.field` where a field cannot be translated, `request.unsupported` where the route wants it so. */
export function writeUpstreamBody(it: BodyFor, target: CompiledTarget): UpstreamBody {
  const native = target.paths[it.callerWire]
  const written = native === undefined ? translate(it, target) : passOn(it, target)
  const path = native ?? target.paths[written.wire]
  if (path === undefined) throw new TypeError(`provider ${target.provider.kind} has no path for its format`)
  return { ...written, path: it.body.stream ? path.stream : path.whole }
}

type Written = Omit<UpstreamBody, 'path'>

function passOn({ body, route, prompt, callerWire }: BodyFor, target: CompiledTarget): Written {
  const ofContext = route.context?.parameters ?? null
  const ofModel = target.parameters
  const model = target.upstreamModel
  const modelJson = modelJsonOf(target)
  if (ofContext === null && ofModel === null) {
    const bytes = body.splice({ model, modelJson, defaults: NO_DEFAULTS, prompt })
    return { bytes, wire: callerWire, warnings: NO_WARNINGS, request: null }
  }
  const defaults: DefaultsInFormat[] = [
    prepareDefaults(ofContext, callerWire, false),
    prepareDefaults(ofModel, callerWire, callerWire === target.provider.wire),
  ]
  const bytes = body.splice({ model, modelJson, defaults: defaults.map((its) => its.members), prompt })
  return { bytes, wire: callerWire, warnings: defaults.flatMap((its) => its.warnings), request: null }
}

function translate({ body, route, prompt, callerWire }: BodyFor, target: CompiledTarget): Written {
  const wire = target.provider.wire
  const ofContext = neutralDefaults(route.context?.parameters ?? null)
  const ofModel = neutralDefaults(target.parameters)
  const asked = wireOf(callerWire).parseRequest(body.toFields(prompt))
  const request = fillIn(fillIn(asked, ofContext), ofModel)
  const written = wireOf(wire).writeRequest(withUsage(request), target.upstreamModel)
  const own = wire === 'openai-chat' ? { ...ofModel.extra, ...ofContext.extra } : ofModel.extra
  const lost = wire === 'openai-chat' ? [] : Object.keys(ofContext.extra)
  return {
    bytes: Buffer.from(JSON.stringify({ ...own, ...written.body })),
    wire,
    warnings: [...written.warnings, ...lost.map((name) => `${name}: not supported`)],
    request,
  }
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
