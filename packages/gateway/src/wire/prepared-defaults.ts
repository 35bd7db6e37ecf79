/**
 * Default parameters of a model or a context, ready to be put into a request.
 *
 * They are written in one vocabulary, that of OpenAI's chat requests. For a body of another format they are
 * translated through the neutral form, once for each format; for a request that is translated anyway they are
 * filled in there. Names that the neutral form lacks reach chat bodies as they are, and the format of the
 * provider that the parameters were written for (`own`); elsewhere they are left out, with a warning.
 *
 * Prepared once for each set of parameters: what is made hangs on the snapshot's own object and goes with it.
 */
import type { NeutralRequest } from '../contract/neutral.ts'
import type { WireName } from '../contract/wire.ts'
import { bodyShapes } from './body-shapes.ts'
import type { Fields } from './fields.ts'
import { wireOf } from './list.ts'
import { openaiChat } from './openai-chat.ts'

export type PreparedDefaults = readonly {
  readonly name: string
  readonly value: unknown
  /** `"temperature":0.2` */
  readonly member: Buffer
}[]

export interface DefaultsInFormat {
  readonly members: PreparedDefaults
  readonly warnings: readonly string[]
}

/** As they stand in the neutral form, and what that lacks. */
export interface NeutralDefaults {
  readonly fields: Partial<NeutralRequest>
  readonly extra: Fields
}

const NONE: DefaultsInFormat = { members: [], warnings: [] }
const NO_NEUTRAL: NeutralDefaults = { fields: {}, extra: {} }

/** What a call is about is the caller's to say and the route's, not a default's. */
const NEVER: ReadonlySet<string> = new Set(['model', 'messages', 'stream', 'changeover'])

const inChat = new WeakMap<Fields, DefaultsInFormat>()
const inOthers = new WeakMap<Fields, Map<WireName, DefaultsInFormat>>()
const inTheirOwn = new WeakMap<Fields, Map<WireName, DefaultsInFormat>>()
const inNeutral = new WeakMap<Fields, NeutralDefaults>()

/** `own`: names that chat lacks are of this very format. */
export function prepareDefaults(parameters: Fields | null, wire: WireName, own: boolean): DefaultsInFormat {
  if (parameters === null) return NONE
  if (wire === 'openai-chat') return memoised(inChat, parameters, asTheyAre)
  const made = memoised(own ? inTheirOwn : inOthers, parameters, () => new Map<WireName, DefaultsInFormat>())
  const known = made.get(wire)
  if (known !== undefined) return known
  const translated = translate(neutralDefaults(parameters), wire, own)
  made.set(wire, translated)
  return translated
}

export function neutralDefaults(parameters: Fields | null): NeutralDefaults {
  return parameters === null ? NO_NEUTRAL : memoised(inNeutral, parameters, toNeutral)
}

/** The request with what it leaves out. */
export function fillIn(request: NeutralRequest, defaults: NeutralDefaults): NeutralRequest {
  return { ...defaults.fields, ...request }
}

function asTheyAre(parameters: Fields): DefaultsInFormat {
  return { members: membersOf(settable(parameters)), warnings: [] }
}

function settable(parameters: Fields): Fields {
  return Object.fromEntries(
    Object.entries(parameters).filter(([name, value]) => !NEVER.has(name) && value !== undefined),
  )
}

function toNeutral(parameters: Fields): NeutralDefaults {
  const asked = openaiChat.parseRequest({ ...settable(parameters), model: '', messages: [] })
  const fields = Object.fromEntries(Object.entries(asked).filter(([name]) => !OF_THE_CALL.has(name)))
  return { fields, extra: asked.extra }
}

/** Fields of the neutral form that are no settings. */
const OF_THE_CALL: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'streamUsage',
  'from',
  'extra',
])

const NOTHING: NeutralRequest = { model: '', messages: [], stream: false, extra: {} }

/** What the format's writer makes of the defaults, less what it makes of nothing. */
function translate({ fields, extra }: NeutralDefaults, wire: WireName, own: boolean): DefaultsInFormat {
  const { writeRequest } = wireOf(wire)
  const nothing = writeRequest(NOTHING, '')
  const written = writeRequest({ ...NOTHING, ...fields }, '')
  const { filledIn } = bodyShapes[wire]
  const kept = Object.entries(written.body).filter(([name, value]) => {
    if (filledIn.includes(name)) return fields.maxTokens !== undefined
    return JSON.stringify(value) !== JSON.stringify(nothing.body[name])
  })
  const warnings = written.warnings.filter((it) => !nothing.warnings.includes(it))
  const rest = own ? extra : {}
  const lost = own ? [] : Object.keys(extra).map((name) => `${name}: not supported`)
  return {
    members: membersOf({ ...rest, ...Object.fromEntries(kept) }),
    warnings: [...warnings, ...lost],
  }
}

function membersOf(fields: Fields): PreparedDefaults {
  return Object.entries(fields).map(([name, value]) => ({
    name,
    value,
    member: Buffer.from(`${JSON.stringify(name)}:${JSON.stringify(value)}`),
  }))
}

function memoised<Key extends object, Value>(
  known: WeakMap<Key, Value>,
  key: Key,
  make: (key: Key) => Value,
): Value {
  const found = known.get(key)
  if (found !== undefined) return found
  const made = make(key)
  known.set(key, made)
  return made
}
