/** How code looks here, as far as a machine can tell. Formatting is biome's, correctness oxlint's. */
import { basename } from 'node:path'
import { lineOf, maskOf } from './code-mask.ts'
import { importsOf } from './imports.ts'
import { isTest, type SourceFile } from './source-tree.ts'

interface Looked extends SourceFile {
  readonly code: string
}

type Rule = (file: Looked) => string[]

/** Every break of every rule, as `path:line: what`. */
export function styleBreaks(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const looked = { ...file, code: maskOf(file.text).code }
    return rules.flatMap((rule) => rule(looked))
  })
}

/** Where `pattern` occurs in `text`, said with `what`. */
function found({ path }: SourceFile, text: string, pattern: RegExp, what: string): string[] {
  return [...text.matchAll(pattern)].map(
    (it) => `${path}:${lineOf(text, it.index)}: ${what} ("${it[0].trim()}")`,
  )
}

const noAny: Rule = (file) =>
  found(
    file,
    file.code,
    /(?:[:<|&,]|\bas|\bextends|\breadonly|\bkeyof|=>)\s*any\b(?!\s*[(:?])/g,
    'no `any`; `unknown` asks to be looked at first',
  )

const noNonNull: Rule = (file) =>
  file.path.endsWith('.ts')
    ? found(file, file.code, /[\w$)\]]!(?=[.;,)\][]|\s*$)/gm, 'no `!`; say what happens when it is missing')
    : []

const noDefaultExport: Rule = (file) =>
  /\.config\.ts$|tally-reporter\.mjs$/.test(file.path)
    ? []
    : found(
        file,
        file.code,
        /\bexport\s+default\b|\bas\s+default\b/g,
        'no default export; a thing has one name',
      )

const noEnum: Rule = (file) =>
  file.path.endsWith('.ts')
    ? found(
        file,
        file.code,
        /^[ \t]*(export\s+)?(declare\s+|const\s+)*(enum|namespace)\s+\w+/gm,
        'only erasable syntax',
      )
    : []

/** Contracts are types that each say what they are; everything else says first what it is for. */
const hasHeader: Rule = ({ path, text }) => {
  if (path.endsWith('.test.ts') || path.endsWith('.config.ts')) return []
  const opening = path.includes('/contract/') ? /\/\*\*/ : /^(#!.*\n)?\/\*\*/
  return opening.test(text) ? [] : [`${path}:1: no module header; say what it is for and what it keeps true`]
}

// One letter of each is in brackets, so that this file does not break its own rules.
const looseEnds = /\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b(?! #\d)/g

const noLooseEnds: Rule = (file) => found(file, file.text, looseEnds, 'no loose end without an issue')

const kebabName: Rule = ({ path }) =>
  /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.(ts|mjs)$/.test(basename(path))
    ? []
    : [`${path}:1: file names are kebab-case, after the main export`]

const noBarrel: Rule = ({ path, text }) => {
  if (!path.endsWith('/index.ts') || /^packages\/[^/]+\/src\/index\.ts$/.test(path)) return []
  return /^export .* from /m.test(text) ? [`${path}:1: no barrel but a package's own index.ts`] : []
}

/** A test that sleeps is slow or wrong. What only makes something take time is a source's business. */
const noSleep: Rule = (file) => {
  if (!file.path.endsWith('.test.ts') || file.path.startsWith('packages/testkit/')) return []
  const sleeps = /\bawait\s+(sleep|delay|pause)\s*\(|new\s+Promise\b[^;]{0,60}?\bsetTimeout\s*\(/g
  const imported = importsOf(file).filter((it) => it.name === 'node:timers/promises')
  return [
    ...found(file, file.code, sleeps, 'no sleep in a test; wait for a condition or use the manual clock'),
    ...imported.map((it) => `${file.path}:1: no sleep in a test, and so no "${it.name}"`),
  ]
}

const words = /\b(hel[p]er|seam[l]ess|blazing[l]y|cutting[-]edge|game[-]changer|best[-]in-class)s?\b/gi
const places = /(?<![\w.}/])\/(wor[k]|tm[p]|hom[e])\//g

const noBannedWords = (file: SourceFile) => [
  ...found(file, file.text, words, 'say what it is'),
  ...found(file, file.text, places, 'no place of one machine'),
]

const vagueNames = /\b(class|interface|type|function|const)\s+\w*(Manager|Hel[p]er|Utils?|Misc|Stuff)\b/g

const noVagueNames: Rule = (file) => [
  ...found(file, file.code, vagueNames, 'a name that says nothing'),
  ...(/(^|[-/])(manager|utils?|misc|common|data|info)\.ts$/.test(file.path)
    ? [`${file.path}:1: a file name that says nothing`]
    : []),
]

const rules: readonly Rule[] = [
  noAny,
  noNonNull,
  noDefaultExport,
  noEnum,
  hasHeader,
  noLooseEnds,
  kebabName,
  noBarrel,
  noSleep,
  noBannedWords,
  noVagueNames,
]

/** For prose, only the words count. */
export function proseBreaks(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => noBannedWords(file))
}

/** Suppressions that hide an error without saying why. */
export function silentSuppressions(files: readonly SourceFile[]): string[] {
  const bare = /@ts-(ignore|nocheck|expect-error)\s*$|(biome-ignore|oxlint-disable)[\w-]*\s*$/gm
  return files
    .filter(({ path }) => !isTest(path) || path.endsWith('.test.ts'))
    .flatMap((file) => found(file, file.text, bare, 'a suppression says what and why'))
}
