/**
 * Makes a settings text say something else, and leaves everything that it says beside that alone: comments,
 * order, blank lines, quotes.
 *
 * Several ways, the gentlest first. Where only simple values change, they are exchanged in the text, and no
 * other byte moves. Where more changes, YAML is written anew entry by entry, from its syntax tree, which
 * keeps comments and order but may straighten spaces; JSON has no comments to lose.
 *
 * The result is read again and compared with what was asked for before anybody gets it, so an edit is
 * right or refused; what anchors and merges would do to it need not be understood here.
 *
 * Not here: the file on disk (`control/own-file.ts`), and settings of several files.
 */
import { type Change, type Json, ReloadError, type SettingsTree } from '@changeover/reload'
import { stringify as stringifyToml } from 'smol-toml'
import { stringify as stringifyYaml } from 'yaml'
import { GatewayError } from '../errors.ts'
import { applyChanges, applyJsonPatch, applyMergePatch, sameJson } from './json-patch.ts'
import { ownValue } from './own-value.ts'
import { readSettingsText } from './reader.ts'
import { SECTIONS } from './schema.ts'
import { bytesOf, textOf } from './text-bytes.ts'
import { formatOf, type TextFormat } from './text-format.ts'
import { replaceTomlValues } from './toml-edit.ts'
import { rewriteYaml } from './yaml-edit.ts'
import { rewriteEntries } from './yaml-entry-edit.ts'
import { replaceYamlValues } from './yaml-splice.ts'

/** What the control plane needs of settings texts. Bytes are UTF-8. */
export const settingsText = {
  /** Throws a `ReloadError` with issues when the text cannot be read. */
  read(bytes: Uint8Array, path: string): SettingsTree {
    return readSettingsText(textOf(bytes), path).tree
  },
  /** Makes exactly these changes. Throws `settings.not_editable` when the text has no room for one of them. */
  edit(bytes: Uint8Array, path: string, changes: readonly Change[]): Uint8Array {
    const text = textOf(bytes)
    const next = applyChanges(readSettingsText(text, path).tree, changes) as SettingsTree
    return bytesOf(rewriteSettings(text, path, next))
  },
  /** A whole tree as text, in the format that the path's name says. */
  write(tree: SettingsTree, path: string): Uint8Array {
    return bytesOf(writeSettings(tree, path))
  },
} as const

export interface SettingsPatch {
  readonly type: 'merge' | 'json'
  readonly patch: Json
}

/**
 * The text after a JSON merge patch (RFC 7396) or a JSON patch (RFC 6902). Throws `control.bad_request` for
 * a patch that does not fit, `settings.not_editable` for a text that has no room for it.
 */
export function patchSettings(text: string, path: string, it: SettingsPatch): string {
  const { tree } = readSettingsText(text, path)
  const next = it.type === 'merge' ? applyMergePatch(tree, it.patch) : applyJsonPatch(tree, it.patch)
  return rewriteSettings(text, path, next as SettingsTree)
}

/** The text, changed so that it says `next`. */
export function rewriteSettings(text: string, path: string, next: SettingsTree): string {
  const wanted = withoutEmptySections(next)
  const says = treeOrNull(text, path)
  if (says !== null && sameJson(says, wanted)) return text
  const format = formatOf(undefined, path, text)
  for (const way of WAYS[format]) {
    const edited = way(text, wanted, says)
    if (edited !== null && saysSame(edited, path, wanted)) return edited
  }
  throw new GatewayError('settings.not_editable', { file: path, reason: REASONS[format] })
}

/** What a text is to say, and what it says as far as it can be read. */
type Way = (text: string, wanted: SettingsTree, says: SettingsTree | null) => string | null

/** The gentlest first. */
const WAYS: Readonly<Record<TextFormat, readonly Way[]>> = {
  toml: [(text, wanted) => replaceTomlValues(text, wanted)],
  json: [(text, wanted) => replaceYamlValues(text, wanted), rewriteJson],
  yaml: [
    emptyYaml,
    rewriteEntries,
    (text, wanted) => replaceYamlValues(text, wanted),
    (text, wanted) => rewriteYaml(text, wanted),
  ],
}

/** What is left are comments, which say nothing: that there is nothing has to be said. */
function emptyYaml(text: string, wanted: SettingsTree, says: SettingsTree | null): string | null {
  if (Object.keys(wanted).length > 0) return null
  const rest = rewriteEntries(text, wanted, says)
  return rest === null ? null : `${rest}{}\n`
}

const REASONS = {
  toml: 'in TOML only simple values that are there can be exchanged without touching comments',
  yaml: 'the change touches a part that an anchor or a merge shares with another',
  json: 'the text could not be written so that it says the same',
} as const

export function writeSettings(tree: SettingsTree, path: string): string {
  const ordered = inOrder(withoutEmptySections(tree))
  const format = formatOf(undefined, path, '')
  if (format === 'json') return `${JSON.stringify(ordered, null, 2)}\n`
  return format === 'toml' ? `${stringifyToml(ordered)}\n` : stringifyYaml(ordered, { lineWidth: 0 })
}

/** Sections in the order in which people write them; unknown ones last. */
function inOrder(tree: SettingsTree): SettingsTree {
  const rank = (kind: string) => (SECTIONS.includes(kind) ? SECTIONS.indexOf(kind) : SECTIONS.length)
  return Object.fromEntries(Object.entries(tree).sort(([a], [b]) => rank(a) - rank(b)))
}

function withoutEmptySections(tree: SettingsTree): SettingsTree {
  return Object.fromEntries(Object.entries(tree).filter(([, section]) => !isEmptySection(section)))
}

function isEmptySection(section: Json): boolean {
  return typeof section === 'object' && section !== null && Object.keys(section).length === 0
}

function saysSame(text: string, path: string, wanted: SettingsTree): boolean {
  const says = treeOrNull(text, path)
  return says !== null && sameJson(says, wanted)
}

function treeOrNull(text: string, path: string): SettingsTree | null {
  try {
    return readSettingsText(text, path).tree
  } catch (error) {
    if (error instanceof ReloadError) return null
    throw error
  }
}

function rewriteJson(text: string, wanted: SettingsTree): string {
  const indent = /\n([ \t]+)\S/.exec(text)?.[1]
  const ordered = inOrderOf(JSON.parse(text) as Json, wanted)
  const end = text.endsWith('\n') ? '\n' : ''
  return `${JSON.stringify(ordered, null, indent)}${end}`
}

/** Names in the order of the text before, new ones after them. */
function inOrderOf(before: Json, after: Json): Json {
  if (!isMap(before) || !isMap(after)) return after
  const ordered: Record<string, Json> = {}
  for (const name of [...Object.keys(before), ...Object.keys(after)]) {
    const value = ownValue(after, name)
    if (value !== undefined && !Object.hasOwn(ordered, name)) {
      ordered[name] = inOrderOf(ownValue(before, name) ?? null, value)
    }
  }
  return ordered
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
