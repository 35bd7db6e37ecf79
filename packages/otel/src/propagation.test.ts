import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extract, inject, readTraceparent, readTracestate, writeTraceparent } from './propagation.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const HEX_DIGITS = Array.from('0123456789abcdef')

describe('traceparent', () => {
  it('is read and written back as it was', () => {
    const hex = (digits: number) =>
      fc.string({ unit: fc.constantFrom(...HEX_DIGITS), minLength: digits, maxLength: digits })
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, sampled) => {
        fc.pre(!/^0+$/.test(traceId) && !/^0+$/.test(spanId))
        const text = writeTraceparent({ traceId, spanId, sampled })
        expect(readTraceparent(text)).toEqual({ traceId, spanId, sampled, remote: true })
      }),
    )
  })

  it('counts as absent when it breaks the grammar', () => {
    const refused = [
      '',
      '00',
      `00-${TRACE}-${SPAN}`,
      `00-${TRACE}-${SPAN}-1`,
      `00-${TRACE}-${SPAN}-01-extra`,
      `00-${TRACE.toUpperCase()}-${SPAN}-01`,
      `00-${'0'.repeat(32)}-${SPAN}-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      `ff-${TRACE}-${SPAN}-01`,
      `0g-${TRACE}-${SPAN}-01`,
      `00_${TRACE}-${SPAN}-01`,
      `00-${TRACE}-${SPAN}-0x`,
      `01-${TRACE}-${SPAN}-01.more`,
      ` 00-${TRACE}-${SPAN}-01`,
    ]
    expect(refused.map((it) => readTraceparent(it))).toEqual(refused.map(() => null))
    expect(readTraceparent([`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-00`])).toBeNull()
  })

  it('of a later version is read by the fields that version 00 knows', () => {
    expect(readTraceparent(`01-${TRACE}-${SPAN}-01-what-comes`)?.traceId).toBe(TRACE)
    expect(readTraceparent(`cc-${TRACE}-${SPAN}-08`)?.sampled).toBe(false)
  })

  it('never throws and never yields anything but a full context, however it is damaged', () => {
    const whole = `00-${TRACE}-${SPAN}-01`
    const damage = fc.tuple(fc.nat(whole.length), fc.nat(3), fc.string({ unit: 'binary', maxLength: 3 }))
    fc.assert(
      fc.property(damage, ([at, cut, put]) => {
        const text = whole.slice(0, at) + put + whole.slice(at + cut)
        const context = readTraceparent(text)
        if (context === null) return
        expect(text).toMatch(/^(?!ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-|$)/)
        expect(text).toContain(`${context.traceId}-${context.spanId}`)
      }),
    )
  })
})

describe('tracestate', () => {
  it('is passed on as it came, without blank members', () => {
    expect(readTracestate('vendor=a,tenant@sys=b c')).toBe('vendor=a,tenant@sys=b c')
    expect(readTracestate(' a=1 ,, \tb=2 ')).toBe('a=1,b=2')
  })

  it('is dropped whole when a member is not well formed, and leaves the traceparent alone', () => {
    const tooMany = Array.from({ length: 33 }, (_, i) => `k${i}=1`).join(',')
    for (const state of ['', 'novalue', 'A=1', 'a=1,a=2', 'a=', 'a=b=c', tooMany, `a=${'x'.repeat(600)}`]) {
      const context = extract({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: state })
      expect(context).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true, remote: true })
    }
  })

  it('goes out with the traceparent', () => {
    const context = extract({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: ['a=1', 'b=2'] })
    const headers: Record<string, string> = {}
    if (context !== null) inject(context, headers)
    expect(headers).toEqual({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=1,b=2' })
  })
})
