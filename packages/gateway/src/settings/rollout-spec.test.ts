import { describe, expect, it } from 'vitest'
import { analysisSpec } from './rollout-spec.ts'

const places = (measure: object): readonly string[] => {
  const { error } = analysisSpec.safeParse({ external: { score: measure } })
  return (error?.issues ?? []).map((it) => it.path.slice(2).join('/'))
}

describe('what others measure', () => {
  it('is asked with the defaults of the engine', () => {
    const url = 'https://scores.example/compare'
    expect(analysisSpec.parse({ external: { score: { source: 'webhook', url } } }).external).toEqual({
      score: {
        source: 'webhook',
        url,
        everyMs: 10_000,
        timeoutMs: 5000,
        kind: 'amount',
        worse: 'higher',
        tolerance: 0.1,
        minSamples: 50,
      },
    })
  })

  it.each([
    ['no address', 'url', { source: 'webhook' }],
    ['a secret in its address', 'url', { source: 'webhook', url: 'https://x/?key=word' }],
    ['a user in its address', 'url', { source: 'webhook', url: 'https://me:word@x/' }],
    ['another protocol', 'url', { source: 'webhook', url: 'file:///etc/passwd' }],
    [
      'a secret itself',
      'authorization',
      { source: 'webhook', url: 'https://x/', authorization: 'Bearer word' },
    ],
    ['nothing to ask Prometheus', 'value', { source: 'prometheus', url: 'http://x' }],
    ['a query for a webhook', 'value', { source: 'webhook', url: 'http://x', value: 'up' }],
    ['samples for a webhook', 'samples', { source: 'webhook', url: 'http://x', samples: 'up' }],
  ])('is refused with %s', (_, place, measure) => {
    expect(places(measure)).toEqual([place])
  })

  it('is refused when it is more than the format takes', () => {
    const one = { source: 'webhook', url: 'http://x' }
    const external = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`m${i}`, one]))
    expect(analysisSpec.safeParse({ external }).success).toBe(false)
  })
})
