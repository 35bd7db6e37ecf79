/** Breaks what was whole: JSON in its structure, and bytes as bytes. */
import type { FuzzRandom } from './fuzz-random.ts'

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  0.1,
  2 ** 60,
  '',
  'x',
  '\u0000',
  '\ud800',
  'data:image/png;base64,aGk=',
  'data:,',
  '{"a":',
  [],
  {},
  [[[[]]]],
  [null],
  { type: 'text' },
  { type: 'function' },
  { type: 'image', source: {} },
  { role: 'user' },
  { __proto__: null },
]
const ODD_NAMES = [
  'type',
  'text',
  'content',
  'role',
  'index',
  'id',
  '__proto__',
  'constructor',
  'toString',
  '',
]
const ODD_BYTES: readonly string[] = [
  '\n',
  '\r\n\r\n',
  'data: ',
  'event: error\n',
  '{',
  '}',
  '"',
  '\\',
  '\\u',
  ',',
  '[DONE]',
  '\u{1f39e}',
  '\ufeff',
  '1e999',
]

/** The value with one to three of its nodes replaced, added or taken out. */
export function mutateJson(value: unknown, random: FuzzRandom): unknown {
  let mutated = structuredClone(value)
  for (let i = random.below(3); i >= 0; i -= 1) mutated = mutateNode(mutated, random, 0)
  return mutated
}

function mutateNode(value: unknown, random: FuzzRandom, depth: number): unknown {
  if (typeof value !== 'object' || value === null || (depth > 0 && random.next() < 0.2)) {
    return random.of(ODD_VALUES)
  }
  if (Array.isArray(value)) return mutateList(value, random, depth)
  const fields: Record<string, unknown> = { ...value }
  const names = Object.keys(fields)
  if (names.length === 0 || random.next() < 0.15) {
    Object.defineProperty(fields, random.of(ODD_NAMES), {
      value: random.of(ODD_VALUES),
      enumerable: true,
      configurable: true,
      writable: true,
    })
    return fields
  }
  const name = random.of(names)
  if (random.next() < 0.15) delete fields[name]
  else fields[name] = mutateNode(fields[name], random, depth + 1)
  return fields
}

function mutateList(value: readonly unknown[], random: FuzzRandom, depth: number): unknown[] {
  const list = [...value]
  const at = random.below(list.length + 1)
  const what = random.next()
  if (list.length === 0 || what < 0.15) list.splice(at, 0, random.of(ODD_VALUES))
  else if (what < 0.3) list.splice(at, 1)
  else if (what < 0.4) list.splice(at, 0, list[random.below(list.length)])
  else {
    const chosen = random.below(list.length)
    list[chosen] = mutateNode(list[chosen], random, depth + 1)
  }
  return list
}

/** The bytes with a few of them changed, cut out, doubled or put in. */
export function mutateBytes(bytes: Buffer, random: FuzzRandom): Buffer {
  let mutated = Buffer.from(bytes)
  for (let i = random.below(4); i > 0; i -= 1) mutated = mutateOnce(mutated, random)
  return mutated
}

function mutateOnce(bytes: Buffer<ArrayBuffer>, random: FuzzRandom): Buffer<ArrayBuffer> {
  const at = random.below(bytes.length + 1)
  const end = Math.min(bytes.length, at + random.below(64))
  const before = bytes.subarray(0, at)
  switch (random.below(5)) {
    case 0:
      if (at < bytes.length) bytes[at] = random.below(256)
      return bytes
    case 1:
      return Buffer.concat([before, bytes.subarray(end)])
    case 2:
      return Buffer.concat([before, bytes.subarray(at, end), bytes.subarray(at)])
    case 3:
      return Buffer.from(before)
    default:
      return Buffer.concat([before, Buffer.from(random.of(ODD_BYTES)), bytes.subarray(at)])
  }
}

/** The bytes in pieces of any size, some of them empty. */
export function cut(bytes: Buffer, random: FuzzRandom): Buffer[] {
  const pieces: Buffer[] = []
  let from = 0
  while (from < bytes.length) {
    const to = Math.min(bytes.length, from + random.below(random.next() < 0.5 ? 8 : 600))
    pieces.push(bytes.subarray(from, to))
    from = to
  }
  return pieces
}

/** All of it, with one source of chance. */
export function fuzzTools(random: FuzzRandom) {
  return {
    random,
    mutateJson: (value: unknown) => mutateJson(value, random),
    mutateBytes: (bytes: Buffer) => mutateBytes(bytes, random),
    cut: (bytes: Buffer) => cut(bytes, random),
  }
}
