/** Which `traceparent` counts, after the examples of W3C Trace Context. */
import { describe, expect, it } from 'vitest'
import { readTraceParent } from './trace-parent.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'

describe('a traceparent', () => {
  it('is read with its flag and state', () => {
    expect(readTraceParent(`00-${traceId}-${spanId}-01`, 'a=1')).toEqual({
      traceId,
      spanId,
      sampled: true,
      remote: true,
      traceState: 'a=1',
    })
    expect(readTraceParent(`00-${traceId}-${spanId}-02`)?.sampled).toBe(false)
  })

  it('of a later version is read by what is known of it', () => {
    expect(readTraceParent(`cc-${traceId}-${spanId}-01-what-comes`)?.traceId).toBe(traceId)
  })

  it.each([
    undefined,
    '',
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId}-${spanId}-1`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
  ])('counts as absent when it is %s', (text) => {
    expect(readTraceParent(text)).toBeNull()
  })
})
