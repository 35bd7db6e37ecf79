/** `docs/reference/cli.md`, from the commands themselves: what the help says, as a page. */
import type { Command, OptionSpec } from './command.ts'
import { commands } from './commands/list.ts'
import { connectOptions } from './connect.ts'
import { exitMeanings } from './exit-codes.ts'
import { nameOption } from './help.ts'

/** `serveFlags` is the gateway's own help: its flags are not the command's. */
export function writeReference(serveFlags: string): string {
  return [
    '# The `changeover` command',
    '',
    'Made from the commands themselves by `npm run generate`. In this repository it is `npx changeover`.',
    '',
    '| command | |',
    '|---|---|',
    ...commands.map((it) => `| [${it.name}](#changeover-${it.name}) | ${it.summary} |`),
    '',
    'Output is for people, coloured on a terminal unless `NO_COLOR` is set. `--json` prints the answer of the admin API',
    'instead, also when it is a refusal.',
    '',
    '## Exit codes',
    '',
    '| code | meaning |',
    '|---|---|',
    ...exitMeanings.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    '## Options of every command but `serve`',
    '',
    ...writeOptions(connectOptions),
    '',
    ...commands.flatMap((it) => writeCommand(it, it.raw === true ? serveFlags : null)),
  ].join('\n')
}

function writeCommand(it: Command, flags: string | null): string[] {
  const examples = it.examples.map(([line, meaning]) => `- \`${line}\`: ${meaning}`)
  const options = Object.keys(it.options).length === 0 ? [] : [...writeOptions(it.options), '']
  return [
    `## changeover ${it.name}`,
    '',
    `\`changeover ${it.name} ${it.usage}`.trimEnd().concat('`: ', it.summary, '.'),
    '',
    ...(it.about === undefined ? [] : [it.about, '']),
    ...options,
    ...(flags === null ? [] : ['```text', flags, '```', '']),
    ...examples,
    '',
  ]
}

function writeOptions(options: Readonly<Record<string, OptionSpec>>): string[] {
  const rows = Object.entries(options).map(([name, it]) => `| \`${nameOption(name, it)}\` | ${it.about} |`)
  return ['| option | |', '|---|---|', ...rows]
}
