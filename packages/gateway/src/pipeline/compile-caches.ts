/**
 * The caches of the settings. What one holds is carried from version to version by its name and where it keeps it; what
 * the settings say of it belongs to the version. A cache that moves to another store begins anew there.
 */
import type { Carry, Clock } from '@changeover/reload'
import { CacheMemory, KeptAnswers } from '../cache/kept-answers.ts'
import { MemoryAnswers } from '../cache/memory-answers.ts'
import { RedisAnswers } from '../cache/redis-answers.ts'
import type { CacheSpec } from '../cache/spec.ts'
import type { CompiledTarget } from '../contract/compiled.ts'
import type { SecretValues } from '../contract/secret.ts'
import { embedText } from './embed-text.ts'

export interface CacheInput {
  readonly caches: ReadonlyMap<string, CacheSpec>
  readonly targets: ReadonlyMap<string, CompiledTarget>
  readonly secrets: SecretValues
  readonly carry: Carry
  readonly clock: Clock
}

/** By their names. One whose settings, and whose model of embeddings, did not change is the same object. */
export function compileCaches(input: CacheInput): ReadonlyMap<string, KeptAnswers> {
  return new Map(Array.from(input.caches, ([name, spec]) => [name, cacheOf(name, spec, input)]))
}

const known = new WeakMap<
  CacheMemory,
  { readonly spec: CacheSpec; readonly target: CompiledTarget | null; readonly it: KeptAnswers }
>()

function cacheOf(name: string, spec: CacheSpec, input: CacheInput): KeptAnswers {
  const memory = memoryOf(name, spec, input)
  const target = targetOf(spec, input)
  const last = known.get(memory)
  if (last?.spec === spec && last.target === target) return last.it
  const { clock } = input
  const timeoutMs = spec.semantic?.timeoutMs ?? 0
  const embed = target === null ? null : embedText({ target, timeoutMs, clock })
  const it = new KeptAnswers({ memory, spec, embed, clock })
  known.set(memory, { spec, target, it })
  return it
}

function targetOf({ kind, semantic }: CacheSpec, { targets }: CacheInput): CompiledTarget | null {
  return kind === 'exact' || semantic === undefined ? null : (targets.get(semantic.model) ?? null)
}

function memoryOf(
  name: string,
  { store, redis }: CacheSpec,
  { carry, secrets, clock }: CacheInput,
): CacheMemory {
  if (store === 'memory' || redis === undefined) {
    return carry.keep(
      `cache:${name}`,
      () => new CacheMemory(name, new MemoryAnswers()),
      () => undefined,
    )
  }
  const { url } = redis
  const open = () => new RedisAnswers({ name, url: () => secrets.fill(url), clock })
  return carry.keep(
    `cache:${name}:${url}`,
    () => new CacheMemory(name, open()),
    (it) => (it.store instanceof RedisAnswers ? it.store.close() : undefined),
  )
}

/** References that the settings of caches hold, with the steps to where they stand. */
export function* referencesOfCaches(
  caches: ReadonlyMap<string, CacheSpec>,
): Generator<{ readonly text: string; readonly steps: readonly string[] }> {
  for (const [name, { redis }] of caches) {
    if (redis !== undefined) yield { text: redis.url, steps: ['cache', name, 'redis', 'url'] }
  }
}
