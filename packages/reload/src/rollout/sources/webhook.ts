/**
 * A measure that a webhook answers: it is told which versions are compared, and replies with a number for each.
 *
 * Asked by POST with `{"rollout", "candidate", "baseline"}`; answers
 * `{"candidate": {"value": 0.02, "samples": 800}, "baseline": {"value": 0.01, "samples": 15200}}`, where `samples` may be
 * left out. Anything else is no reading.
 */
import type { Reading } from '../analysis/reading.ts'
import { fetchJson, type SourceOptions } from './fetch-json.ts'

/** What is compared, for the one who answers. */
export interface Compared {
  readonly rollout: string
  /** Versions. */
  readonly candidate: string
  readonly baseline: string
}

export async function readWebhook(
  url: string,
  compared: Compared,
  options: SourceOptions = {},
): Promise<Reading | null> {
  const { rollout, candidate, baseline } = compared
  const body = JSON.stringify({ rollout, candidate, baseline })
  const reply = await fetchJson(url, { method: 'POST', body }, options)
  const here = sideOf(reply, 'candidate')
  const there = sideOf(reply, 'baseline')
  if (here === null && there === null) return null
  return {
    candidate: here?.value ?? null,
    baseline: there?.value ?? null,
    candidateSamples: here?.samples ?? null,
    baselineSamples: there?.samples ?? null,
  }
}

function sideOf(reply: unknown, name: string): { value: number; samples: number | null } | null {
  const side = fieldOf(reply, name)
  const value = fieldOf(side, 'value')
  const samples = fieldOf(side, 'samples') ?? null
  if (typeof value !== 'number' || !(samples === null || typeof samples === 'number')) return null
  return { value, samples }
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string, unknown>)[name]
}
