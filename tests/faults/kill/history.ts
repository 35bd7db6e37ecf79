/**
 * A history: one state directory, and one process after another that comes back on it and is killed.
 *
 * What is killed where is drawn from a seed, so that steps that were seldom hit are hit next. Settings that were
 * under way when a process died are offered again by the next one, as a gateway does with its file.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NodeScript } from '@changeover/testkit'
import { Ledger } from './ledger.ts'
import type { Character, KillAt, LifePlan, Operation, Said, Wanted } from './life.ts'

const victim = fileURLToPath(new URL('victim.ts', import.meta.url))
const BAKE_MS = 12

/** What all histories of a run share. */
export class Toll {
  readonly kills = new Map<string, number>()
  total = 0
  readonly versions = new Set<string>()
  readonly quarantined = new Set<string>()
  private readonly known = new Map<string, number>()

  pass(step: string): void {
    this.known.set(step, this.known.get(step) ?? 0)
  }

  /** A step that was chosen least often so far. */
  choose(random: () => number): string | null {
    const least = Math.min(...this.known.values())
    const seldom = [...this.known].filter(([, count]) => count === least).map(([step]) => step)
    const step = seldom[Math.floor(random() * seldom.length)] ?? null
    if (step !== null) this.known.set(step, least + 1)
    return step
  }

  count(step: string): void {
    this.total += 1
    this.kills.set(step, (this.kills.get(step) ?? 0) + 1)
  }
}

export interface HistoryOptions {
  readonly seed: number
  readonly lives: number
  readonly toll: Toll
}

/** Lives through it, and resolves to what was broken. */
export async function liveThrough({ seed, lives, toll }: HistoryOptions): Promise<readonly string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'changeover-kill-'))
  const random = randomOf(seed)
  const ledger = new Ledger(directory, BAKE_MS)
  const drawing = { random, seed, drawn: 0 }
  let desired: Wanted | null = null
  for (let life = 1; life <= lives; life += 1) {
    const operations = draw(drawing, desired)
    const killAt = life === 1 ? { call: 1 + Math.floor(random() * 200) } : aim(toll, random)
    const said = await live({ directory, operations, killAt, bakeMs: BAKE_MS }, toll)
    await ledger.takeIn(said)
    desired = lastWanted(operations)
  }
  // One more, which nobody kills before it has come back and done something.
  const last = await live({ directory, operations: draw(drawing, null), killAt: null, bakeMs: BAKE_MS }, toll)
  await ledger.takeIn(last)
  if (!last.some((it) => it.kind === 'back')) ledger.broken.push('the last process did not come back')
  for (const it of ledger.versions) toll.versions.add(`${seed}/${it}`)
  for (const it of ledger.locked) toll.quarantined.add(it)
  await rm(directory, { recursive: true, force: true })
  return ledger.broken.map((it) => `history ${seed}: ${it}`)
}

async function live(plan: LifePlan, toll: Toll): Promise<readonly Said[]> {
  const script = new NodeScript(victim, { args: [JSON.stringify(plan)] })
  await script.ended
  const said = script.lines.filter((it) => it.startsWith('{"atMs"')).map((it) => JSON.parse(it) as Said)
  for (const it of said) if (it.kind === 'step') toll.pass(it.name)
  const end = said.at(-1)
  if (end === undefined) throw new Error(`the process said nothing:\n${script.lines.join('\n')}`)
  toll.count(end.kind === 'killed' ? end.step : end.kind === 'idle' ? 'idle' : 'by a version')
  return said
}

function aim(toll: Toll, random: () => number): KillAt {
  const step = toll.choose(random)
  return step === null ? { call: 20 } : { step, occurrence: 1 + Math.floor(random() ** 2 * 3) }
}

interface Drawing {
  readonly random: () => number
  readonly seed: number
  drawn: number
}

function draw(drawing: Drawing, desired: Wanted | null): Operation[] {
  const { random } = drawing
  const again: Operation[] =
    desired === null
      ? []
      : [
          {
            does: 'publish',
            wanted: desired,
            after: random() < 0.5 ? 'settle' : 'go on',
            byShares: random() < 0.3,
          },
        ]
  const count = 2 + Math.floor(random() * 4)
  return [...again, ...Array.from({ length: count }, () => drawOne(drawing))]
}

function drawOne(drawing: Drawing): Operation {
  const { random } = drawing
  const dice = random()
  if (dice < 0.12) return { does: 'roll back' }
  if (dice < 0.24) return { does: 'publish both', first: drawWanted(drawing), second: drawWanted(drawing) }
  const after = dice < 0.42 ? 'regress' : dice < 0.58 ? 'go on' : 'settle'
  return { does: 'publish', wanted: drawWanted(drawing), after, byShares: random() < 0.3 }
}

function drawWanted(drawing: Drawing): Wanted {
  drawing.drawn += 1
  const character: Character =
    pick<Character>(drawing.random, ['kills', 'throws', 'exits', 'unbuildable'], 0.16) ?? 'sound'
  return { marker: `m${drawing.seed}-${drawing.drawn}`, character }
}

function pick<T>(random: () => number, from: readonly T[], chance: number): T | undefined {
  return random() < chance ? from[Math.floor(random() * from.length)] : undefined
}

function lastWanted(operations: readonly Operation[]): Wanted | null {
  const last = operations.findLast((it) => it.does !== 'roll back')
  if (last === undefined) return null
  return last.does === 'publish' ? last.wanted : last.second
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
