/**
 * Exchanges simple values in a YAML or JSON text where they stand. Everything else keeps every byte.
 *
 * A new text takes the quotes of the old one, so that a file stays in its own hand.
 */
import type { Json, SettingsTree } from '@changeover/reload'
import { type Document, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import { type PlainSpots, readPlainYaml } from './plain-yaml.ts'
import { applySplices, type Simple, type SimpleChange, type Splice, simpleChanges } from './value-splice.ts'
import { readYaml } from './yaml.ts'

/** `null` when more than simple values change, or one of them does not stand in the text by itself. */
export function replaceYamlValues(text: string, wanted: SettingsTree): string | null {
  const read = readYaml(text, '')
  const changes = read.ok ? simpleChanges(withoutEmpty(read.document.value), wanted) : null
  if (changes === null) return null
  const document = parseDocument(text, { merge: true, uniqueKeys: false }) as Document
  const splices: Splice[] = []
  for (const change of changes) {
    const splice = spliceFor(document, change)
    if (splice === null) return null
    splices.push(splice)
  }
  return applySplices(text, splices)
}

/**
 * The same for what is so plain that the library need not look at it: exchanging a weight is what is done most, and
 * reading four lines with the library costs more than everything else about it. `null` when it is anything else.
 */
export function replacePlainValues(text: string, wanted: SettingsTree): string | null {
  const spots: PlainSpots = new Map()
  const held = readPlainYaml(text, spots)
  const changes = held === undefined ? null : simpleChanges(held, wanted)
  if (changes === null) return null
  const splices: Splice[] = []
  for (const { steps, value } of changes) {
    const holder = steps.slice(0, -1).reduce<unknown>((at, step) => (at as JsonMap)[step], held)
    const spot = spots.get(holder as object)?.get(steps.at(-1) ?? '')
    if (spot === undefined) return null
    const { from, to, inFlow } = spot
    const written = write(value, STYLES[text.charAt(from)] ?? 'PLAIN', inFlow)
    if (written === null) return null
    splices.push({ from, to, text: written })
  }
  return applySplices(text, splices)
}

type JsonMap = Readonly<Record<string, Json>>

const STYLES: Readonly<Record<string, string>> = { '"': 'QUOTE_DOUBLE', "'": 'QUOTE_SINGLE' }

/** Sections that are there and empty say the same as none. */
function withoutEmpty(value: Json): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const isEmpty = (it: Json) => it === null || (typeof it === 'object' && Object.keys(it).length === 0)
  return Object.fromEntries(Object.entries(value).filter(([, it]) => !isEmpty(it)))
}

function spliceFor(document: Document, change: SimpleChange): Splice | null {
  let node: unknown = document.contents
  let inFlow = false
  for (const step of change.steps) {
    inFlow ||= (isMap(node) || isSeq(node)) && node.flow === true
    node = childOf(node, step)
  }
  if (!isScalar(node) || !node.range || node.anchor !== undefined) return null
  const [from, to] = node.range
  const text = write(change.value, node.type ?? '', inFlow)
  // An empty value (`key:`) has no text to exchange.
  return text === null || from === to ? null : { from, to, text }
}

function childOf(node: unknown, step: string): unknown {
  if (isSeq(node)) return node.items[Number(step)]
  if (!isMap(node)) return undefined
  return node.items.find((it) => isScalar(it.key) && (it.key.source ?? it.key.value) === step)?.value
}

/** `style` is how the value before it was written, in the library's words. */
function write(value: Simple, style: string, inFlow: boolean): string | null {
  if (typeof value !== 'string') return JSON.stringify(value)
  if (style === 'PLAIN') return isPlain(value, inFlow) ? value : JSON.stringify(value)
  if (style === 'QUOTE_DOUBLE') return JSON.stringify(value)
  if (style !== 'QUOTE_SINGLE') return null
  return /[^\P{C}\t]/u.test(value) ? JSON.stringify(value) : `'${value.replaceAll("'", "''")}'`
}

/** Text that YAML takes for the same text without quotes; in doubt it gets quotes. */
function isPlain(text: string, inFlow: boolean): boolean {
  if (!/^[A-Za-z_/$][\w ./@^~${}:+*=-]*$/.test(text) || text.endsWith(' ')) return false
  if (/: |:$| #/.test(text) || (inFlow && /[{}]/.test(text))) return false
  return !/^(?:true|false|null|yes|no|on|off)$/i.test(text)
}
