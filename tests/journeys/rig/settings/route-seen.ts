/** What rows about routes have in common: their targets, and who answered. */
import type { Seen } from './world.ts'

export const both = [{ model: 'a' }, { model: 'b' }]
export const ranked = [
  { model: 'a', priority: 0 },
  { model: 'b', priority: 1 },
]
export const onlyA = { targets: [{ model: 'a' }] }
export const onlyB = { targets: [{ model: 'b' }] }

export const by = async (seen: Seen, orders = '', headers: Readonly<Record<string, string>> = {}) =>
  (await seen.ask(orders, { headers })).by
export const status = async (seen: Seen, orders = '', headers: Readonly<Record<string, string>> = {}) =>
  (await seen.ask(orders, { headers })).status

export const twice = { attempts: 2, baseMs: 1, maxMs: 5 }
