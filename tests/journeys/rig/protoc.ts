/**
 * Trace requests decoded by `protoc` from the bytes that went over the wire: a reader that is nobody's here.
 *
 * Its output is protobuf's text form, which is read back into spans as plain objects, ids in hex.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface DecodedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root. */
  readonly parentSpanId: string
  readonly attributes: Readonly<Record<string, string>>
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status: string
}

const schemas = fileURLToPath(new URL('../../../../shared/data/opentelemetry-proto', import.meta.url))
const service = 'opentelemetry/proto/collector/trace/v1/trace_service.proto'
const message = 'opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest'

/** Why `protoc` cannot be used here; `null` when it can. */
export function protocMissing(): string | null {
  if (spawnSync('protoc', ['--version']).status !== 0) return 'protoc is not installed'
  return existsSync(`${schemas}/${service}`) ? null : 'the definitions of OTLP are not beside the repository'
}

export function decodeByProtoc(bytes: Uint8Array): DecodedSpan[] {
  const args = ['--decode', message, `-I${schemas}`, service]
  const { status, stdout, stderr } = spawnSync('protoc', args, { input: bytes, maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`protoc could not decode: ${stderr.toString()}`)
  return readText(stdout.toString())
    .all('resource_spans')
    .flatMap((it) => it.all('scope_spans'))
    .flatMap((it) => it.all('spans'))
    .map(spanOf)
}

function spanOf(it: TextMessage): DecodedSpan {
  return {
    name: it.text('name'),
    traceId: it.hex('trace_id'),
    spanId: it.hex('span_id'),
    parentSpanId: it.hex('parent_span_id'),
    attributes: Object.fromEntries(
      it.all('attributes').map((one) => [one.text('key'), valueOf(one.all('value')[0])]),
    ),
    links: it.all('links').map((one) => ({ traceId: one.hex('trace_id'), spanId: one.hex('span_id') })),
    status: it.all('status')[0]?.scalar('code') ?? 'STATUS_CODE_UNSET',
  }
}

function valueOf(value: TextMessage | undefined): string {
  if (value === undefined) return ''
  const list = value.all('array_value')[0]
  if (list !== undefined) return list.all('values').map(valueOf).join(',')
  const text = value.scalar('string_value')
  return text === undefined ? (value.anyScalar() ?? '') : bytesOf(text).toString()
}

/** One message of the text form: scalars as written, messages inside, each by field name. */
class TextMessage {
  readonly scalars = new Map<string, string[]>()
  readonly inner = new Map<string, TextMessage[]>()

  all(name: string): readonly TextMessage[] {
    return this.inner.get(name) ?? []
  }

  scalar(name: string): string | undefined {
    return this.scalars.get(name)?.[0]
  }

  anyScalar(): string | undefined {
    return [...this.scalars.values()][0]?.[0]
  }

  text(name: string): string {
    return bytesOf(this.scalar(name) ?? '').toString()
  }

  hex(name: string): string {
    return bytesOf(this.scalar(name) ?? '').toString('hex')
  }
}

function readText(text: string): TextMessage {
  const root = new TextMessage()
  const open = [root]
  for (const line of text.split('\n')) {
    const here = open.at(-1) ?? root
    const [, name = '', rest = ''] = /^\s*(\w+)(?:: (.*)| \{)$/.exec(line) ?? []
    if (/^\s*\}$/.test(line)) open.pop()
    else if (line.endsWith('{') && rest === '') {
      const inner = new TextMessage()
      here.inner.set(name, [...(here.inner.get(name) ?? []), inner])
      open.push(inner)
    } else if (name !== '') here.scalars.set(name, [...(here.scalars.get(name) ?? []), rest])
  }
  return root
}

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, '"': 34, "'": 39, '\\': 92 }

/** The bytes of a quoted scalar; others as they are. */
function bytesOf(scalar: string): Buffer {
  if (!scalar.startsWith('"')) return Buffer.from(scalar)
  const bytes: Buffer[] = []
  for (const [piece, octal, letter] of scalar.slice(1, -1).matchAll(/\\(?:([0-7]{3})|(.))|[^\\]+/g)) {
    if (octal !== undefined) bytes.push(Buffer.of(Number.parseInt(octal, 8)))
    else if (letter !== undefined) bytes.push(Buffer.of(ESCAPES[letter] ?? letter.charCodeAt(0)))
    else bytes.push(Buffer.from(piece))
  }
  return Buffer.concat(bytes)
}
