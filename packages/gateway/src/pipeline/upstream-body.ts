/**
 * What a call becomes for one target: the caller's bytes with the model's name changed where both speak the same
 * format, else the request translated.
 */
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { WireName } from '../contract/wire.ts'
import type { ChatBody } from '../wire/chat-body.ts'
import { wireOf } from '../wire/list.ts'
import { type PreparedDefaults, prepareDefaults } from '../wire/prepared-defaults.ts'

export interface UpstreamBody {
  readonly bytes: Buffer
  /** Fields of the request that this target will not see. */
  readonly warnings: readonly string[]
}

const NO_WARNINGS: readonly string[] = []
const NO_DEFAULTS: readonly PreparedDefaults[] = []

export interface BodyFor {
  readonly body: ChatBody
  readonly route: CompiledRoute
  readonly prompt: string | null
  readonly callerWire: WireName
}

/** Throws `request.field` where a field cannot be translated. */
export function writeUpstreamBody(it: BodyFor, target: CompiledTarget): UpstreamBody {
  const { body, route, prompt, callerWire } = it
  const ofContext = route.context?.parameters ?? null
  const changes = {
    model: target.upstreamModel,
    modelJson: modelJsonOf(target),
    defaults:
      ofContext === null && target.parameters === null
        ? NO_DEFAULTS
        : [prepareDefaults(ofContext), prepareDefaults(target.parameters)],
    prompt,
  }
  if (target.provider.wire === callerWire) return { bytes: body.splice(changes), warnings: NO_WARNINGS }
  const request = wireOf(callerWire).parseRequest(body.toFields(changes))
  const written = wireOf(target.provider.wire).writeRequest(request, target.upstreamModel)
  return { bytes: Buffer.from(JSON.stringify(written.body)), warnings: written.warnings }
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
