/**
 * Instants as they stand in a manifest: RFC 3339 with a zone, capital `T` and `Z`, real days only.
 *
 * `Date.parse` alone takes much more, differently from engine to engine, and turns 30 February into
 * 2 March; a window that two readers understand differently is not a window.
 */

const SHAPE = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-](\d{2}):(\d{2}))$/

/** Milliseconds since the epoch; `null` when the text is not such an instant. Leap seconds are not taken. */
export function parseInstant(text: string): number | null {
  const found = SHAPE.exec(text)
  if (!found) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = found
    .slice(1)
    .map((it) => (it === undefined ? 0 : Number(it)))
  const within = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
  if (!within || hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return null
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : at
}

/** Writes milliseconds since the epoch as an instant in UTC. */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString()
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}
