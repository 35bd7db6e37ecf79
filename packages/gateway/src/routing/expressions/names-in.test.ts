import { describe, expect, it } from 'vitest'
import { namesIn } from './names-in.ts'

describe('the names in a condition', () => {
  const found = (condition: string) => {
    const { variables, headers, metadata } = namesIn(condition)
    return [[...variables].sort(), [...headers].sort(), [...metadata].sort()]
  }

  it.each([
    ['tokens > 8000 && "image" in modalities', [['modalities', 'tokens'], [], []]],
    ['headers["X-Tier"] == "gold" || !has(metadata.team)', [[], ['x-tier'], ['team']]],
    ['tenant in ["a", "b"] && session.startsWith("s-")', [['session', 'tenant'], [], []]],
    ['size(headers["x-a"]) > 3 && metadata["k"] != null', [[], ['x-a'], ['k']]],
    ['true', [[], [], []]],
  ])('of %s are those that it reads', (condition, names) => {
    expect(found(condition)).toEqual(names)
  })
})
