/** What is wrong with guards that only their engines can tell: expressions that are not RE2's, schemas of which no check can be made. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { foldText } from './fold-text.ts'
import { loadSchemaEngine, type SchemaEngine, schemaTrouble } from './json-schema.ts'
import { loadRegexEngine, MOST_INSTRUCTIONS, patternTrouble, programSize, type RegexEngine } from './regex.ts'
import type { GuardrailSpec } from './spec.ts'

export interface GuardEngines {
  readonly regex: RegexEngine | null
  readonly schemas: SchemaEngine | null
}

export interface GuardFault {
  readonly guardrail: string
  /** Below the guardrail: `guards`, `0`, `patterns`, `2`. */
  readonly steps: readonly string[]
  readonly found: string
  readonly expected: string
}

/** Loads only what these guardrails need. */
export async function loadEngines(guardrails: Iterable<GuardrailSpec>): Promise<GuardEngines> {
  const kinds = new Set([...guardrails].flatMap((it) => it.guards.map((guard) => guard.kind)))
  return {
    regex: kinds.has('regex') ? await loadRegexEngine() : null,
    schemas: kinds.has('jsonSchema') ? await loadSchemaEngine() : null,
  }
}

/**
 * Compiles the schemas that have not been compiled yet, letting the event loop turn between them: one holds the thread up for a
 * bounded time, all together need not. Whoever asks afterwards finds them made, or what is wrong with them.
 */
export async function compileAhead(
  guardrails: Iterable<GuardrailSpec>,
  { schemas }: GuardEngines,
): Promise<void> {
  if (schemas === null) return
  for (const it of guardrails) {
    if (clean.has(it)) continue
    for (const { kind, schema } of it.guards) {
      if (kind !== 'jsonSchema' || schema === undefined) continue
      schemaTrouble(schemas, schema)
      await nextTurn()
    }
  }
}

const clean = new WeakSet<GuardrailSpec>()

export function findFaults(
  guardrails: ReadonlyMap<string, GuardrailSpec>,
  engines: GuardEngines,
): readonly GuardFault[] {
  return [...guardrails].flatMap(([name, it]) => {
    if (clean.has(it)) return []
    const faults = [...faultsOf(name, it, engines)]
    if (faults.length === 0 && canTell(it, engines)) clean.add(it)
    return faults
  })
}

function canTell({ guards }: GuardrailSpec, { regex, schemas }: GuardEngines): boolean {
  return guards.every(
    ({ kind }) => (kind !== 'regex' || regex !== null) && (kind !== 'jsonSchema' || schemas !== null),
  )
}

function* faultsOf(guardrail: string, it: GuardrailSpec, engines: GuardEngines): Generator<GuardFault> {
  for (const [i, guard] of it.guards.entries()) {
    const at = ['guards', String(i)]
    const { patterns, schema, words = [] } = guard
    const { regex, schemas } = engines
    if (guard.kind === 'regex' && regex !== null && patterns !== undefined) {
      const wrong = patterns.flatMap((pattern, p) => {
        const trouble = patternTrouble(regex, pattern)
        const steps = [...at, 'patterns', String(p)]
        return trouble === null ? [] : [{ guardrail, steps, found: trouble, expected: 'the syntax of RE2' }]
      })
      yield* wrong
      if (wrong.length > 0) continue
      const size = programSize(regex, { patterns, ignoreCase: guard.ignoreCase ?? false })
      if (size > MOST_INSTRUCTIONS) {
        const expected = `${MOST_INSTRUCTIONS} at most; a long list of words is better kept in deny`
        yield { guardrail, steps: [...at, 'patterns'], found: `${size} instructions`, expected }
      }
    }
    for (const [w, word] of words.entries()) {
      // Most words have a letter, and folding them all would cost as much as compiling them.
      if (/[A-Za-z0-9]/.test(word) || foldText(word) !== '') continue
      const found = 'nothing but gaps and characters that nobody sees'
      yield { guardrail, steps: [...at, 'words', String(w)], found, expected: 'a word' }
    }
    const trouble =
      guard.kind === 'jsonSchema' && schemas !== null ? schemaTrouble(schemas, schema ?? {}) : null
    if (trouble !== null) {
      yield { guardrail, steps: [...at, 'schema'], found: trouble, expected: 'JSON Schema 2020-12' }
    }
  }
}
