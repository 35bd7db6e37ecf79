/**
 * The door for newcomers: `createReloader({ participants })` is a working reloader, in memory and on the
 * machine's own time; each option replaces one of these.
 */
import type { Reloader, ReloaderOptions } from './contract/reloader.ts'
import { Engine } from './engine/engine.ts'
import { makeCore } from './engine/make-core.ts'
import { memoryStore } from './stores/memory.ts'
import { systemClock } from './system-clock.ts'

/**
 * Makes a reloader. Nothing is read or started before `start`. It closes its store when it is closed.
 */
export function createReloader<Parts>(options: ReloaderOptions<Parts>): Reloader<Parts> {
  const { store = memoryStore(), clock = systemClock } = options
  // The engine handles parts by name and never looks into them.
  return new Engine(makeCore(options, { store, clock }), store) as unknown as Reloader<Parts>
}
