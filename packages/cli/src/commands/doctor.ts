/**
 * `changeover doctor`: looks at everything that a gateway on this machine needs, and says what to do.
 *
 * Each check is on its own: one that cannot be made says so and stops none of the others. Nothing is changed;
 * what is written (one file in the state directory, to see whether the disk keeps it) is removed again.
 */
import type { Command, CommandContext } from '../command.ts'
import { type Check, checks, type Finding } from '../doctor/checks.ts'
import { Seen } from '../doctor/seen.ts'
import { exitCodes } from '../exit-codes.ts'
import { type Paint, padEnd, type Style } from '../render/paint.ts'

export const doctor: Command = {
  name: 'doctor',
  summary: 'check what a gateway on this machine needs, and say what to do',
  usage: '',
  words: [0, 0],
  options: {
    settings: {
      type: 'string',
      value: 'PATH',
      about: 'settings file or directory; default: those of the gateway that answers, else changeover.yaml',
    },
  },
  examples: [['changeover doctor', 'before asking somebody']],
  run,
}

async function run(context: CommandContext): Promise<number> {
  const found: { name: string; findings: readonly Finding[] }[] = []
  const seen = new Seen(context)
  for (const check of checks) {
    const findings = await runCheck(check, context, seen)
    found.push({ name: check.name, findings })
    if (!context.json) tell(check.name, findings, context)
  }
  const all = found.flatMap((it) => it.findings)
  const bad = all.filter((it) => it.level === 'bad').length
  if (context.json) context.say(JSON.stringify({ ok: bad === 0, checks: found }, null, 2))
  else
    context.say(
      bad === 0 ? context.paint('green', '\nnothing is wrong') : context.paint('red', `\n${bad} to mend`),
    )
  return bad === 0 ? exitCodes.ok : exitCodes.refused
}

async function runCheck(check: Check, context: CommandContext, seen: Seen): Promise<readonly Finding[]> {
  try {
    return await check.run(context, seen)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return [{ level: 'unsure', message: `could not be checked: ${message}` }]
  }
}

const marks: Readonly<Record<Finding['level'], readonly [Style, string]>> = {
  good: ['green', '✓'],
  bad: ['red', '✗'],
  unsure: ['yellow', '?'],
}

function tell(name: string, findings: readonly Finding[], context: CommandContext): void {
  for (const it of findings) context.say(writeFinding(name, it, context.paint))
}

function writeFinding(name: string, it: Finding, paint: Paint): string {
  const [style, mark] = marks[it.level]
  const advice = it.advice === undefined ? '' : `\n${' '.repeat(14)}${paint('cyan', '→')} ${it.advice}`
  return `${paint(style, mark)} ${padEnd(paint('bold', name), 11)} ${it.message}${advice}`
}
