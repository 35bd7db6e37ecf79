/**
 * Settings with more entries than the engine takes, refused before work is done on each of them: reading places, comparing
 * and sealing some ten thousands on the thread that serves would hold up every call for seconds.
 */
import { FORMAT_LIMITS, type Issue, type Json, pointTo, ReloadError, sayError } from '@changeover/reload'

/** Throws `payload.too_many`, with the place of the largest section. */
export function refuseTooMany(value: Json, placeOf?: (steps: readonly string[]) => Issue['place']): void {
  // A list is no settings, but may be the operations of a patch.
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  const sizes = Object.entries(value).map(([kind, section]) => [kind, sizeOf(section)] as const)
  const found = sizes.reduce((sum, [, size]) => sum + size, 0)
  const limit = FORMAT_LIMITS.resources
  if (found <= limit) return
  const [largest = ''] = sizes.toSorted(([, a], [, b]) => b - a)[0] ?? []
  const details = { what: 'resources', found, limit }
  const place = placeOf?.([largest])
  const issue: Issue = {
    code: 'payload.too_many',
    message: sayError('payload.too_many', details),
    pointer: pointTo('', largest),
    ...(place === undefined ? {} : { place }),
  }
  throw new ReloadError('payload.too_many', details, { issues: [issue] })
}

function sizeOf(section: Json): number {
  return typeof section === 'object' && section !== null ? Object.keys(section).length : 0
}
