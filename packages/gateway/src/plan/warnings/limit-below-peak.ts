/** Limits that a key's last hour of record would have met. */
import type { LimitSpec } from '../../policy/spec.ts'
import { peakOf } from '../facts.ts'
import type { Warning } from '../look.ts'
import { type Check, type Look, pointerOf, type Sections, warn } from './check.ts'

export const limitBelowPeak: Check = (look) => {
  const found: Warning[] = []
  for (const [tenant, { keys }] of look.after.tenants) {
    for (const key of Object.keys(keys)) found.push(...ofKey(look, tenant, key))
  }
  return found
}

function ofKey(look: Look, tenant: string, key: string): Warning[] {
  const now = limitOf(look.after, tenant, key)
  if (now === null) return []
  const was = limitOf(look.before, tenant, key)
  if (was?.name === now.name && !look.touches('limits', now.name)) return []
  const times = look.facts.timesOf(`${tenant}/${key}`)
  const { requests: most, perMs } = now.limit
  if (most === undefined || perMs === undefined) return []
  const peak = peakOf(times, perMs)
  if (peak <= most) return []
  const text = `limit ${now.name} takes ${most} requests in ${sayTime(perMs)}; key ${key} of tenant ${tenant} had ${peak} in its busiest such time of the last hour`
  const pointer = look.touches('limits', now.name)
    ? pointerOf('limits', now.name, 'requests')
    : pointerOf('tenants', tenant)
  return [warn('plan.limit_below_peak', pointer, { text, numbers: { limit: most, peak, perMs } })]
}

function limitOf(sections: Sections, tenant: string, key: string): { name: string; limit: LimitSpec } | null {
  const settings = sections.tenants.get(tenant)
  const name = settings?.keys[key]?.limit ?? settings?.limit
  const limit = name === undefined ? undefined : sections.limits.get(name)
  return name === undefined || limit === undefined ? null : { name, limit }
}

function sayTime(ms: number): string {
  const units: readonly (readonly [number, string])[] = [
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ]
  const [size, unit] = units.find(([it]) => ms % it === 0) ?? [1, 'ms']
  return `${ms / size} ${unit}`
}
