/**
 * Exchanges simple values in a YAML or JSON text where they stand. Everything else keeps every byte.
 *
 * A new text takes the quotes of the old one, so that a file stays in its own hand.
 */
import type { Json, SettingsTree } from '@changeover/reload'
import { type Document, isMap, isScalar, isSeq, parseDocument, type Scalar } from 'yaml'
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
  const text = write(change.value, node, inFlow)
  // An empty value (`key:`) has no text to exchange.
  return text === null || from === to ? null : { from, to, text }
}

function childOf(node: unknown, step: string): unknown {
  if (isSeq(node)) return node.items[Number(step)]
  if (!isMap(node)) return undefined
  return node.items.find((it) => isScalar(it.key) && (it.key.source ?? it.key.value) === step)?.value
}

function write(value: Simple, old: Scalar, inFlow: boolean): string | null {
  if (typeof value !== 'string') return JSON.stringify(value)
  if (old.type === 'PLAIN') return isPlain(value, inFlow) ? value : JSON.stringify(value)
  if (old.type === 'QUOTE_DOUBLE') return JSON.stringify(value)
  if (old.type !== 'QUOTE_SINGLE') return null
  return /[^\P{C}\t]/u.test(value) ? JSON.stringify(value) : `'${value.replaceAll("'", "''")}'`
}

/** Text that YAML takes for the same text without quotes; in doubt it gets quotes. */
function isPlain(text: string, inFlow: boolean): boolean {
  if (!/^[A-Za-z_/$][\w ./@^~${}:+*=-]*$/.test(text) || text.endsWith(' ')) return false
  if (/: |:$| #/.test(text) || (inFlow && /[{}]/.test(text))) return false
  return !/^(?:true|false|null|yes|no|on|off)$/i.test(text)
}
