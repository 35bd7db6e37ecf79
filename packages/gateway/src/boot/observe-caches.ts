/** The caches of the version in force, for the admin API and for metrics. */
import type { Meter, Reloader } from '@changeover/reload'
import type { CompiledGateway } from '../contract/compiled.ts'

type Running = Pick<Reloader<{ readonly gateway: CompiledGateway }>, 'current'>

export function cachesOf(reloader: Running): CompiledGateway['caches'] {
  return reloader.current()?.parts.gateway.caches ?? new Map()
}

/** What kept answers take of this process's memory. Returns how to stop. */
export function observeCaches(
  { meter }: { readonly meter: Pick<Meter, 'observe'> },
  reloader: Running,
): () => void {
  return meter.observe('changeover.cache.size', () =>
    Array.from(cachesOf(reloader), ([name, { facts }]) => ({
      value: facts.bytes ?? 0,
      attributes: { 'changeover.cache': name },
    })),
  )
}
