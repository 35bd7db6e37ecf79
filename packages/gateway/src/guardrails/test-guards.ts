/** For tests: guards of settings as an operator writes them, and answers cut into pieces in any way. */
import type { Blocked, CompiledGuards, InputLooked, OutputRun, Passed } from '../contract/guards.ts'
import type { Leaving } from '../contract/leaving.ts'
import type { NeutralDelta } from '../contract/neutral.ts'
import { compileGuards, type GuardTools } from './compile-guards.ts'
import { loadSchemaEngine } from './json-schema.ts'
import { loadRegexEngine } from './regex.ts'
import { guardrailSpec } from './spec.ts'

const regex = await loadRegexEngine()

export const testTools: GuardTools = {
  regex,
  schemas: await loadSchemaEngine(),
  secret: () => 'signing key',
  fetch: () => Promise.reject(new Error('nobody is asked in this test')),
  now: () => 0,
  wallNow: () => 1_700_000_000_000,
}

export function guardsOf(
  guards: readonly Readonly<Record<string, unknown>>[],
  tools: Partial<GuardTools> = {},
): CompiledGuards {
  const settings = guardrailSpec.parse({ guards })
  const compiled = compileGuards([{ name: 'house', settings }], { ...testTools, ...tools })
  if (compiled === null) throw new TypeError('no guards')
  return compiled
}

export const NEVER: Leaving = { hasLeft: false, signal: new AbortController().signal }

export async function look(guards: CompiledGuards, body: Readonly<Record<string, unknown>>) {
  const looked = await guards.input?.(body, NEVER)
  if (looked === undefined) throw new TypeError('nothing looks at requests')
  return looked
}

export async function lookedAt(
  guards: CompiledGuards,
  body: Readonly<Record<string, unknown>>,
): Promise<InputLooked> {
  const looked = await look(guards, body)
  if ('blocked' in looked) throw new TypeError(`blocked by ${looked.blocked}`)
  return looked
}

export function openRun(guards: CompiledGuards, looked: InputLooked | null = null): OutputRun {
  const run = guards.output?.(looked, NEVER)
  if (run === undefined || run === null) throw new TypeError('nothing looks at answers')
  return run
}

export interface Told {
  /** By `candidate name`: what a client would have put together. */
  readonly texts: ReadonlyMap<string, string>
  readonly blocked: Blocked | null
  readonly deltas: readonly NeutralDelta[]
  readonly run: OutputRun
}

/** Takes the answer in these pieces, to its end. */
export async function tell(run: OutputRun, pieces: readonly (readonly NeutralDelta[])[]): Promise<Told> {
  const deltas: NeutralDelta[] = []
  let blocked: Blocked | null = null
  const add = (passed: Passed): boolean => {
    if ('blocked' in passed) blocked = passed
    else deltas.push(...passed)
    return blocked === null
  }
  for (const it of pieces) if (!add(run.take(it))) break
  if (blocked === null) add(await run.end())
  return { texts: fold(deltas), blocked, deltas, run }
}

export function fold(deltas: readonly NeutralDelta[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const it of deltas) {
    const piece =
      it.type === 'tool_call'
        ? { name: `tool ${it.index}`, text: it.arguments ?? '' }
        : it.type === 'text' || it.type === 'reasoning' || it.type === 'refusal'
          ? { name: it.type, text: it.text }
          : null
    if (piece === null) continue
    const key = `${'candidate' in it ? (it.candidate ?? 0) : 0} ${piece.name}`
    texts.set(key, (texts.get(key) ?? '') + piece.text)
  }
  return texts
}

export const text = (it: string): NeutralDelta => ({ type: 'text', text: it })
export const FINISH: NeutralDelta = { type: 'finish', reason: 'stop' }

/** A text cut at these places, each piece by itself. */
export function cut(whole: string, places: readonly number[]): NeutralDelta[][] {
  const sorted = [...new Set(places.filter((it) => it > 0 && it < whole.length))].toSorted((a, b) => a - b)
  const bounds = [0, ...sorted, whole.length]
  const pieces = bounds.slice(1).map((end, i) => [text(whole.slice(bounds[i], end))])
  return [...pieces, [FINISH]]
}

export async function answer(guards: CompiledGuards, whole: string, places: readonly number[] = []) {
  return tell(openRun(guards), cut(whole, places))
}
