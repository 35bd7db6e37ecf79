/** Which telemetry settings differ, as sorted JSON pointers. Values are never included: headers hold secrets. */
import type { TelemetrySettings } from './settings.ts'

export function changedSettings(before: TelemetrySettings, after: TelemetrySettings): readonly string[] {
  const out: string[] = []
  walk(before, after, '', out)
  return out.sort()
}

function walk(before: unknown, after: unknown, pointer: string, out: string[]): void {
  if (before === after) return
  if (!isTree(before) || !isTree(after)) {
    out.push(pointer)
    return
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const step = key.replaceAll('~', '~0').replaceAll('/', '~1')
    walk(before[key], after[key], `${pointer}/${step}`, out)
  }
}

function isTree(it: unknown): it is Record<string, unknown> {
  return typeof it === 'object' && it !== null
}
