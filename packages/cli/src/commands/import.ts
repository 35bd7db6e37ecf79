/** `changeover import`: another gateway's file as settings, with a report of what was not carried over. */
import { writeFile } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import type { ImportedSettings, ImportSource } from '@changeover/gateway'
import { type Command, type CommandContext, UsageError } from '../command.ts'
import { exitCodes } from '../exit-codes.ts'
import { readNamed } from '../read-named.ts'
import { type SentText, writeProblem } from '../render/problem.ts'

const SOURCES: readonly ImportSource[] = ['litellm', 'portkey']

export const importCommand: Command = {
  name: 'import',
  summary: "turn another gateway's settings into settings of this one",
  usage: 'litellm|portkey FILE',
  about:
    'Reads a config.yaml of LiteLLM or a config of Portkey, and writes settings that do the same. The settings go to standard output, the report of ' +
    'what was not carried over to standard error. Keys are never copied: each becomes a reference, and the report says which variables to set.',
  words: [2, 2],
  options: {
    output: { type: 'string', short: 'o', value: 'PATH', about: 'write the settings to a new file' },
    name: {
      type: 'string',
      value: 'NAME',
      about: 'portkey: what callers will ask for (default: name of the file)',
    },
    model: { type: 'string', value: 'ID', about: 'portkey: the model of targets that name none' },
    strict: { type: 'boolean', about: 'end with 1 when anything was left out or changed' },
  },
  examples: [
    [
      'changeover import litellm config.yaml -o changeover.yaml',
      'settings in a file, the report on the screen',
    ],
    ['changeover import portkey config.json --name chat', 'as the route "chat"'],
  ],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const [source = '', file = ''] = context.words
  if (!SOURCES.includes(source as ImportSource)) {
    throw new UsageError(`there is no import from "${source}", expected ${SOURCES.join(' or ')}`)
  }
  const output = context.text('output')
  const text = await readOld(context, file)
  const { importSettings } = await import('@changeover/gateway')
  const imported = await importSettings({
    source: source as ImportSource,
    text,
    file,
    output: output ?? 'changeover.yaml',
    name: context.text('name') ?? basename(file, extname(file)),
    model: context.text('model'),
  })
  if ('unreadable' in imported)
    return sayUnreadable(context, { source, file, text, issues: imported.unreadable })
  if (context.json) context.say(JSON.stringify(imported, null, 2))
  else {
    await deliver(context, imported.text, output)
    report(context, imported, output)
  }
  const isWhole = !context.flag('strict') || imported.notes.every((it) => it.what === 'to do')
  return imported.issues.length === 0 && isWhole ? exitCodes.ok : exitCodes.refused
}

interface Unreadable {
  readonly source: string
  readonly file: string
  readonly text: string
  readonly issues: ImportedSettings['issues']
}

function sayUnreadable(context: CommandContext, { source, file, text, issues }: Unreadable): number {
  if (issues.length === 0) throw new UsageError(`"${file}" is no configuration of ${source}`)
  writeIssues(context, { detail: `"${file}" cannot be read`, issues, sent: { name: file, text } })
  return exitCodes.refused
}

async function readOld(context: CommandContext, file: string): Promise<string> {
  return file === '-'
    ? new TextDecoder().decode(await context.readStdin())
    : await readNamed(file, context.cwd)
}

/** A file that is there is somebody's settings, and is not written over. */
async function deliver(context: CommandContext, text: string, output: string | undefined): Promise<void> {
  if (output === undefined) {
    context.say(text.trimEnd())
    return
  }
  try {
    await writeFile(resolve(context.cwd, output), text, { flag: 'wx' })
  } catch (error) {
    const isThere = (error as { code?: string }).code === 'EEXIST'
    if (isThere) throw new UsageError(`"${output}" is there already; it was not changed`)
    throw error
  }
}

function report(context: CommandContext, imported: ImportedSettings, output: string | undefined): void {
  const { paint } = context
  const say = (line = ''): unknown => context.stderr.write(`${line}\n`)
  const { providers, models, routes } = imported.counts
  const what = `${count(providers, 'provider')}, ${count(models, 'model')}, ${count(routes, 'route')}`
  say(`${paint('green', 'imported')}  ${what}${output === undefined ? '' : ` to ${output}`}`)
  const colours = { 'to do': 'yellow', changed: 'cyan', 'left out': 'red' } as const
  for (const kind of ['to do', 'changed', 'left out'] as const) {
    const notes = imported.notes.filter((it) => it.what === kind)
    if (notes.length > 0) say(`\n${paint(colours[kind], kind)}`)
    for (const { at, says } of notes) say(`  ${paint('bold', at)}  ${says}`)
  }
  if (imported.issues.length === 0) return
  say()
  writeIssues(context, {
    detail: 'a gateway would not take these settings as they are',
    issues: imported.issues,
    sent: { name: output ?? 'changeover.yaml', text: imported.text },
  })
}

interface Faulty {
  readonly detail: string
  readonly issues: ImportedSettings['issues']
  readonly sent: SentText
}

/** As a gateway would tell it. */
function writeIssues(context: CommandContext, { detail, issues, sent }: Faulty): void {
  const problem = {
    type: 'about:blank',
    title: detail,
    status: 422,
    code: 'payload.unreadable',
    detail,
    issues,
  }
  const lines = writeProblem(problem as Parameters<typeof writeProblem>[0], context.paint, sent)
  for (const line of lines) context.stderr.write(`${line}\n`)
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
