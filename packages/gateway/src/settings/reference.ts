/**
 * What is made of the schema for people and other programs: `spec/settings.schema.json` and
 * `docs/reference/settings.md`. Both are written by `npm run generate`, and a test holds them to the schema.
 */
import { pointTo } from '@changeover/reload'
import { z } from 'zod'
import { SECTIONS, settingsSchema } from './schema.ts'

interface Node {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Node | boolean
  readonly items?: Node
  readonly 'x-unit'?: string
  readonly 'x-reload'?: string
}

const SCHEMA_ID = 'urn:changeover:settings'

/** JSON Schema (2020-12) of a settings file. `x-unit` and `x-reload` are ours. */
export function settingsJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(settingsSchema, { io: 'input', unrepresentable: 'any' })
  const title = 'Changeover settings'
  return { $schema, $id: SCHEMA_ID, title, ...schema }
}

export interface SettingRow {
  /** Pointer with `*` for a name of one's choice and `#` for a place in a list. */
  readonly pointer: string
  readonly type: string
  readonly default: string
  readonly unit: string
  readonly sentence: string
  readonly reload: string
}

/** Every setting there is, in the order of the file. */
export function settingRows(): readonly SettingRow[] {
  return [...rowsBelow(settingsJsonSchema(), '')]
}

function* rowsBelow(node: Node, at: string): Generator<SettingRow> {
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const pointer = pointTo(at, name)
    const isRequired = node.required?.includes(name) ?? false
    if (child.description !== undefined) yield row(pointer, child, isRequired)
    yield* rowsBelow(child, pointer)
  }
  if (typeof node.additionalProperties === 'object') yield* rowsBelow(node.additionalProperties, `${at}/*`)
  if (node.items !== undefined) yield* rowsBelow(node.items, `${at}/#`)
}

function row(pointer: string, node: Node, isRequired: boolean): SettingRow {
  const standard = isRequired ? 'required' : node.default === undefined ? '' : JSON.stringify(node.default)
  return {
    pointer,
    type: typeOf(node),
    default: node.type === 'object' && standard === '{}' ? '' : standard,
    unit: node['x-unit'] ?? '',
    sentence: node.description ?? '',
    reload: node['x-reload'] ?? 'live',
  }
}

function typeOf(node: Node): string {
  if (node.enum !== undefined) return node.enum.map(String).join(', ')
  if (node.type === 'object') return typeof node.additionalProperties === 'object' ? 'map by name' : 'map'
  if (node.type === 'array') return node.items?.type === 'object' ? 'list of maps' : 'list of texts'
  if (node.type === 'integer') return `whole number${rangeOf(node)}`
  if (node.type === 'number') return `number${rangeOf(node)}`
  return node.type === 'boolean' ? 'true or false' : 'text'
}

function rangeOf(node: Node): string {
  const least = node.exclusiveMinimum === undefined ? node.minimum : `above ${node.exclusiveMinimum}`
  if (least === undefined && node.maximum === undefined) return ''
  if (typeof least === 'string') return `, ${least} to ${node.maximum ?? 'any'}`
  return `, ${least ?? 'any'} to ${node.maximum ?? 'any'}`
}

/** The reference as Markdown. */
export function settingsReference(): string {
  const rows = settingRows()
  const parts = SECTIONS.map((kind) => sectionText(kind, rows))
  return [...INTRODUCTION, ...parts].join('\n')
}

function sectionText(kind: string, rows: readonly SettingRow[]): string {
  const own = rows.find((it) => it.pointer === `/${kind}`)
  const inside = rows.filter((it) => it.pointer.startsWith(`/${kind}/`))
  const lines = inside.map((it) =>
    [code(it.pointer), it.type, code(it.default), it.unit, it.sentence, it.reload].map(cell).join(' | '),
  )
  return [
    `## ${kind}`,
    '',
    sentence(own?.sentence ?? ''),
    '',
    'setting | type | default | unit | what it is for | reload',
    '--- | --- | --- | --- | --- | ---',
    ...lines,
    '',
  ].join('\n')
}

function code(text: string): string {
  return text === '' || text === 'required' ? text : `\`${text}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

const INTRODUCTION: readonly string[] = [
  '# Settings',
  '',
  "<!-- Made by `npm run generate` from the rooms' spec.ts. Changes made here are overwritten. -->",
  '',
  'Every setting of the gateway. A pointer says where it stands: `*` is a name of your choice, `#` a place in a list.',
  'The JSON Schema is `spec/settings.schema.json`; how to write settings is in `docs/guide/settings.md`.',
  '',
  'All of them are `live`: a reload changes them while the gateway serves. Numbers without a unit are counts or shares.',
  '',
]
