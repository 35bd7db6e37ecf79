/** Reading a file of somebody else's: nothing in it is promised to be as it should, and what is missing is no mistake. */

export type OldFields = Readonly<Record<string, unknown>>

export function isOldFields(value: unknown): value is OldFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Empty when it is something else. */
export function fieldsIn(value: unknown): OldFields {
  return isOldFields(value) ? value : {}
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : []
}

export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Numbers are often written as texts there. */
export function numberIn(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
    ? Number(value)
    : undefined
}
