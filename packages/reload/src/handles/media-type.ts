/** Which media type a name and its bytes suggest. The engine needs to know an envelope from a person's settings. */
import { extname } from 'node:path'
import { ENVELOPE_TYPE } from '../contract/payload.ts'

const byExtension: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.toml': 'application/toml',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
}

/** Names as they go around, and the registered ones. */
const registered: Readonly<Record<string, string>> = {
  'application/json': 'application/json',
  'application/toml': 'application/toml',
  'application/x-yaml': 'application/yaml',
  'application/yaml': 'application/yaml',
  'text/json': 'application/json',
  'text/x-yaml': 'application/yaml',
  'text/yaml': 'application/yaml',
  [ENVELOPE_TYPE]: ENVELOPE_TYPE,
}

/** `contentType` is what the source itself says, if it can; it counts where it is one that we know. */
export function mediaTypeOf(name: string, bytes: Uint8Array, contentType = ''): string {
  if (name.endsWith('.envelope.json')) return ENVELOPE_TYPE
  const said = registered[(contentType.split(';')[0] ?? '').trim().toLowerCase()]
  const found = said ?? byExtension[extname(name).toLowerCase()] ?? 'application/octet-stream'
  return found === 'application/json' && isEnvelope(bytes) ? ENVELOPE_TYPE : found
}

export function isSettingsName(name: string): boolean {
  return Object.hasOwn(byExtension, extname(name).toLowerCase())
}

/** An envelope begins with one of its own three fields, and names its payload type. */
export function isEnvelope(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!/^\s*\{\s*"(payloadType|payload|signatures)"\s*:/.test(text.toString('latin1', 0, 256))) return false
  return text.includes('"payloadType"')
}
