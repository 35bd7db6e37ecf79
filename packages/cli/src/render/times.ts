/** Times as people say them. */

/** `0.4 ms`, `12 ms`, `3.4 s`, `2 min`. */
export function sayDuration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return saySpan(ms)
}

/** `3 s ago`, `5 min ago`, `2 d ago`. */
export function sayAgo(instant: string, nowMs: number): string {
  const ms = nowMs - Date.parse(instant)
  return ms < 1_000 ? 'just now' : `${saySpan(ms)} ago`
}

export function saySpan(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d`
}

/** `14:03:07.123`, in local time. */
export function sayClock(instant: string): string {
  const at = new Date(instant)
  const two = (it: number): string => String(it).padStart(2, '0')
  const ms = String(at.getMilliseconds()).padStart(3, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`
}
