import { describe, expect, it } from 'vitest'
import { readWindow } from './blame-window.ts'

const now = Date.UTC(2026, 0, 2)
const hour = 3_600_000

describe('the window of blame', () => {
  it.each([
    [{}, now - hour, now],
    [{ window: '24h' }, now - 24 * hour, now],
    [{ window: '30m', until: '2026-01-01T12:00:00Z' }, now - 12.5 * hour, now - 12 * hour],
    [{ since: '2026-01-01T00:00:00Z' }, now - 24 * hour, now],
  ])('%j', (text, fromMs, toMs) => {
    expect(readWindow(text, now)).toEqual({ fromMs, toMs })
  })

  it.each([
    [{ window: 'yesterday' }, 'found "yesterday", expected a time such as 30m'],
    [{ window: '94d' }, 'up to 93d'],
    [{ since: 'soon' }, 'found "soon", expected an instant'],
    [{ since: '2026-01-03T00:00:00Z' }, 'a window that is empty'],
  ])('is refused: %j', (text, message) => {
    expect(() => readWindow(text, now)).toThrow(message)
  })
})
