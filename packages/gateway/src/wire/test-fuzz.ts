/**
 * One case of fuzzing: a request or an answer of some format, broken, goes through everything that the gateway would
 * do with it. What may come of it is a result, or one of the refusals that the pipeline expects; whatever else is
 * thrown is a fault, and so is what takes long.
 *
 * For tests and scripts, who bring what breaks things. Not here: choosing how many, watching time and memory.
 */
import type { NeutralDelta, NeutralRequest } from '../contract/neutral.ts'
import type { ReplyAbout, Wire, WireName } from '../contract/wire.ts'
import { isGatewayError } from '../errors.ts'
import { bodyShapes } from './body-shapes.ts'
import { EventStreamReader } from './event-stream.ts'
import { type Fields, isFields } from './fields.ts'
import { foldReply } from './fold-reply.ts'
import { JsonArrayReader } from './json-array.ts'
import { wires } from './list.ts'
import { prepareDefaults } from './prepared-defaults.ts'
import { RequestBody } from './request-body.ts'
import { scanRules } from './scan-rules.ts'
import { EventTooLarge, SseReader, type TakeEvent } from './sse.ts'
import { fuzzRequests } from './test-fuzz-requests.ts'
import { scanModel, scanUsage, UsageScan } from './usage-scan.ts'

export interface FuzzTools {
  readonly random: { next(): number; below(end: number): number; of<Item>(list: readonly Item[]): Item }
  mutateJson(value: unknown): unknown
  mutateBytes(bytes: Buffer): Buffer
  cut(bytes: Buffer): readonly Buffer[]
}

export interface FuzzCorpus {
  /** Whole replies by format. */
  readonly replies: readonly (readonly [WireName, Fields])[]
  /** Streams by format, as server-sent events. */
  readonly streams: readonly (readonly [WireName, Buffer])[]
}

const about: ReplyAbout = {
  id: 'r1',
  model: 'm',
  created: 1_700_000_000,
  streamUsage: true,
  request: { model: 'm', messages: [], stream: true, extra: {} },
}
const path = { model: 'a/b', stream: true }
const all: readonly Wire[] = [...wires.values()]
/** Nobody calls in Bedrock's format. */
const callers = all.filter((it) => it.name !== 'bedrock-converse')

/** One case. Throws what no caller and no provider should be able to make happen. */
export function fuzzCase(tools: FuzzTools, corpus: FuzzCorpus): void {
  const kind = tools.random.below(4)
  if (kind === 0) fuzzRequest(tools)
  else if (kind === 1) fuzzReply(tools, corpus)
  else if (kind === 2) fuzzStream(tools, corpus)
  else fuzzFraming(tools)
}

function fuzzRequest(tools: FuzzTools): void {
  const { random } = tools
  const [name, body] = random.of(fuzzRequests)
  const text = Buffer.from(JSON.stringify(random.next() < 0.7 ? tools.mutateJson(body) : body))
  const bytes = random.next() < 0.4 ? tools.mutateBytes(text) : text
  expected(() => {
    const shape = bodyShapes[name]
    const read = new RequestBody(bytes, shape, shape.inPath ? path : null)
    const defaults = [prepareDefaults(DEFAULTS, name, random.next() < 0.5).members]
    expected(() =>
      JSON.parse(read.splice({ model: 'up', modelJson: UP, defaults, prompt: 'p "q"' }).toString()),
    )
    const request = wireOf(name).parseRequest(read.toFields('p "q"'))
    for (const wire of all) expected(() => writeAnew(wire, request))
  })
}

const DEFAULTS: Fields = { temperature: 0.5, max_tokens: 7, seed: 3, custom: { a: 1 } }
const UP = Buffer.from('"up"')

function wireOf(name: WireName): Wire {
  const wire = wires.get(name)
  if (wire === undefined) throw new TypeError(`no format ${name}`)
  return wire
}

function writeAnew(wire: Wire, request: NeutralRequest): void {
  const { body, warnings } = wire.writeRequest(request, 'claude-sonnet-4-5')
  JSON.stringify(body)
  if (warnings.some((it) => typeof it !== 'string')) throw new TypeError('a warning is no text')
}

function fuzzReply(tools: FuzzTools, { replies }: FuzzCorpus): void {
  const [name, reply] = tools.random.of(replies)
  const mutated = tools.mutateJson(reply)
  const bytes = Buffer.from(JSON.stringify(mutated))
  const rules = scanRules[name]
  if (rules !== undefined) {
    scanUsage(tools.mutateBytes(bytes), rules)
    scanModel(tools.mutateBytes(bytes), rules)
  }
  wireOf(name).readError(mutated)
  if (!isFields(mutated)) return
  expected(() => tellAll(wireOf(name).parseReply(mutated)))
}

function fuzzStream(tools: FuzzTools, { streams }: FuzzCorpus): void {
  const [name, stream] = tools.random.of(streams)
  const pieces = tools.cut(tools.mutateBytes(stream))
  const rules = scanRules[name]
  if (rules !== undefined) {
    const scan = new UsageScan(rules)
    for (const piece of pieces) scan.read(piece)
    scan.end()
  }
  const deltas: NeutralDelta[] = []
  expected(() => {
    const reader = wireOf(name).openReader()
    const events = new SseReader((event, data) => deltas.push(...reader.read(event, data)), 1 << 20)
    for (const piece of pieces) events.read(piece)
    events.end()
    deltas.push(...reader.end())
  })
  tellAll(deltas)
}

/** Every format that is called tells of it, whole and streamed. */
function tellAll(deltas: readonly NeutralDelta[]): void {
  foldReply(deltas)
  for (const wire of callers) {
    expected(() => JSON.stringify(wire.writeReply(deltas, about)))
    expected(() => {
      const writer = wire.openWriter(about)
      for (const delta of deltas) writer.write(delta)
      writer.end()
    })
  }
}

const ELEMENTS = Buffer.from(`[${JSON.stringify({ a: '}]"\\' })}\r\n,\r\n${JSON.stringify({ b: [{}] })}]`)
const EVENTS = Buffer.from('event: a\r\ndata: {"x":1}\n\n: c\ndata:y\rdata: \u{1f39e}\n\n')

/** What cuts bytes into events, with bytes that are almost or not at all of its kind. */
function fuzzFraming(tools: FuzzTools): void {
  const ignore: TakeEvent = () => undefined
  const noise = Buffer.from(Array.from({ length: tools.random.below(200) }, () => tools.random.below(256)))
  for (const seed of [ELEMENTS, EVENTS, noise]) {
    const pieces = tools.cut(tools.mutateBytes(seed))
    for (const framing of [
      new SseReader(ignore, 100),
      new JsonArrayReader(ignore, 100),
      new EventStreamReader(ignore, 100),
    ]) {
      expected(() => {
        for (const piece of pieces) framing.read(piece)
        framing.end()
      })
    }
  }
}

/** What the pipeline turns into a refusal or a failed attempt is no fault. */
function expected(step: () => void): void {
  try {
    step()
  } catch (thrown) {
    if (isGatewayError(thrown) || thrown instanceof SyntaxError || thrown instanceof EventTooLarge) return
    throw thrown
  }
}
