/**
 * Makes a directory of settings say something else, in the one file where that belongs.
 *
 * An entry stays in the file that holds it. A new one goes into the first file, by name, that holds entries of its
 * section; where none does, into a file named after the section (`tenants.yaml`), which is made when it is not there.
 * What belongs into more than one file is refused with their names.
 *
 * Not here: how one text is edited (`edit.ts`), the files on disk (`control/own-directory.ts`).
 */
import {
  type Change,
  type Json,
  ReloadError,
  type SettingsDirectory,
  type SettingsTree,
} from '@changeover/reload'
import { GatewayError } from '../errors.ts'
import { assemble } from './assemble.ts'
import { rewriteSettings, writeSettings } from './edit.ts'
import { quote } from './issue-texts.ts'
import { applyChanges, sameJson } from './json-patch.ts'
import { ownValue } from './own-value.ts'
import { readSettingsText } from './reader.ts'
import { sectionIn } from './section-in.ts'
import { formatOf, readText } from './text-format.ts'

type File = SettingsDirectory['files'][number]
type Tree = Record<string, Record<string, Json>>

/** Where everything goes when there is no file yet. */
const ONLY_FILE = 'changeover.yaml'

/** What the control plane needs of a directory. Bytes are a bundle, as its handle offers it. */
export const directoryText = {
  /** Throws `payload.unreadable` with issues when one of its texts cannot be read. */
  read(bundle: Uint8Array): SettingsTree {
    const read = filesOf(bundle).map(({ path, text }) =>
      readText(formatOf(undefined, path, text), text, path),
    )
    const settings = assemble(read.flatMap((it) => (it.ok ? [it.document] : [])))
    const issues = [...read.flatMap((it) => (it.ok ? [] : it.issues)), ...settings.issues]
    if (issues.length === 0) return settings.tree
    throw new ReloadError('payload.unreadable', { source: 'the directory', count: issues.length }, { issues })
  },
  /** Throws `settings.not_editable` and `settings.many_files`. */
  edit(bundle: Uint8Array, changes: readonly Change[]): Uint8Array {
    return bundleOf(editFiles(filesOf(bundle), changes))
  },
  write(tree: SettingsTree): Uint8Array {
    return bundleOf([{ path: ONLY_FILE, text: writeSettings(tree, ONLY_FILE) }])
  },
} as const

function editFiles(files: readonly File[], changes: readonly Change[]): readonly File[] {
  const trees = new Map(files.map(({ path, text }) => [path, readSettingsText(text, path).tree]))
  const before = merge([...trees.values()])
  const after = applyChanges(before, changes) as SettingsTree
  const touched = new Map<string, Tree>()
  for (const [kind, name] of differing(before, after)) {
    const path = fileOf(trees, kind, name)
    const tree = touched.get(path) ?? copyOf(trees.get(path) ?? {})
    touched.set(path, tree)
    const section = sectionIn(tree, kind)
    const value = ownValue(ownValue(after, kind), name)
    if (value === undefined) delete section[name]
    else section[name] = value
  }
  const [first, ...more] = touched
  if (first === undefined) return files
  const names = [...touched.keys()].sort().map(quote)
  if (more.length > 0) throw new GatewayError('settings.many_files', { files: names.join(' and ') })
  return put(files, first)
}

function put(files: readonly File[], [path, tree]: readonly [string, Tree]): readonly File[] {
  const old = files.find((it) => it.path === path)
  const text = old === undefined ? writeSettings(tree, path) : rewriteSettings(old.text, path, tree)
  // A file without a word would be taken for one that somebody is writing.
  const next = { path, text: text.trim() === '' ? '# nothing is set here any more\n' : text }
  return [...files.filter((it) => it !== old), next].sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Names of a section's entries that are not the same in both. */
function* differing(before: SettingsTree, after: SettingsTree): Generator<readonly [string, string]> {
  for (const kind of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, young] = [ownValue(before, kind) ?? {}, ownValue(after, kind) ?? {}]
    for (const name of new Set([...Object.keys(old), ...Object.keys(young)])) {
      if (!sameJson(ownValue(old, name) ?? null, ownValue(young, name) ?? null)) yield [kind, name]
    }
  }
}

function fileOf(trees: ReadonlyMap<string, SettingsTree>, kind: string, name: string): string {
  const paths = [...trees.keys()].sort()
  const holder = paths.find((it) => Object.hasOwn(trees.get(it)?.[kind] ?? {}, name))
  const sibling = paths.find((it) => Object.keys(trees.get(it)?.[kind] ?? {}).length > 0)
  const named = paths.find((it) => ENDINGS.some((ending) => it === `${kind}.${ending}`))
  return holder ?? sibling ?? named ?? `${kind}.yaml`
}

const ENDINGS = ['yaml', 'yml', 'json', 'toml']

function merge(trees: readonly SettingsTree[]): SettingsTree {
  const whole: Tree = {}
  for (const tree of trees)
    for (const [kind, section] of Object.entries(tree)) whole[kind] = { ...whole[kind], ...section }
  return whole
}

function copyOf(tree: SettingsTree): Tree {
  return Object.fromEntries(Object.entries(tree).map(([kind, section]) => [kind, { ...section }]))
}

function filesOf(bundle: Uint8Array): readonly File[] {
  return (JSON.parse(new TextDecoder().decode(bundle)) as SettingsDirectory).files
}

function bundleOf(files: readonly File[]): Uint8Array {
  return Buffer.from(JSON.stringify({ files } satisfies SettingsDirectory))
}
