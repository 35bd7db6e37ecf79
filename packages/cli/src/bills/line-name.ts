/** What a line of a bill is called: copies to mirrors and shadows are of no caller. */
import type { BillLine } from '@changeover/sdk'

export function nameOf({ name, copies }: Pick<BillLine, 'name' | 'copies'>): string {
  if (!copies) return name ?? '-'
  return name === null ? 'copies' : `${name}, copies`
}
