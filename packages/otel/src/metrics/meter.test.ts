import { describe, expect, it } from 'vitest'
import { LiveMeter } from './meter.ts'
import { POINT_LIMIT, VERSION_LIMIT } from './points.ts'

const meterWith = () => new LiveMeter(() => 1000)
const points = (meter: LiveMeter, name: string) =>
  meter.collect().find((it) => it.instrument.name === name)?.points ?? []

describe('a meter', () => {
  it('adds up by attributes, however they are ordered', () => {
    const meter = meterWith()
    meter.add('changeover.requests', 1, { a: 'x', b: 1 })
    meter.add('changeover.requests', 2, { b: 1, a: 'x' })
    meter.add('changeover.requests', 5, { a: 'x', b: 1, c: undefined })
    meter.add('changeover.requests', 1)
    expect(points(meter, 'changeover.requests').map((it) => [it.attributes, it.value])).toEqual([
      [{ a: 'x', b: 1 }, 8],
      [{}, 1],
    ])
  })

  it('puts values into the buckets of the table, upper bounds included', () => {
    const meter = meterWith()
    for (const value of [0.001, 0.0011, 1000]) meter.record('reload.duration', value)
    const [point] = points(meter, 'reload.duration')
    expect(point).toMatchObject({ count: 3, min: 0.001, max: 1000 })
    expect(point?.buckets[0]).toBe(1)
    expect(point?.buckets[1]).toBe(1)
    expect(point?.buckets.at(-1)).toBe(1)
  })

  it('keeps a sampled span as the example of a value', () => {
    const meter = meterWith()
    const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true }
    meter.record('reload.duration', 1, {}, { ...span, sampled: false })
    expect(points(meter, 'reload.duration')[0]?.exemplar).toBeNull()
    meter.record('reload.duration', 2, {}, span)
    expect(points(meter, 'reload.duration')[0]?.exemplar).toEqual({ span, value: 2, atMs: 1000 })
  })

  it('gives a bound instrument the same point as its attributes', () => {
    const meter = meterWith()
    meter.bind('changeover.requests', { a: 'x' }).add(2)
    meter.add('changeover.requests', 3, { a: 'x' })
    meter.bind('http.server.request.duration', {}).record(0.2)
    meter.bind('config.age', {}).record(7)
    expect(points(meter, 'changeover.requests')[0]?.value).toBe(5)
    expect(points(meter, 'http.server.request.duration')[0]?.count).toBe(1)
    expect(points(meter, 'config.age')[0]?.value).toBe(7)
  })

  it('asks observers at each collection, until they are told to stop', () => {
    const meter = meterWith()
    let generations = 2
    const stop = meter.observe('reload.generations', () => [{ value: generations }])
    generations = 3
    expect(points(meter, 'reload.generations')[0]?.value).toBe(3)
    stop()
    expect(points(meter, 'reload.generations')).toEqual([])
  })

  it('leaves out an observer that throws and goes on with the others', () => {
    const meter = meterWith()
    meter.observe('config.age', () => {
      throw new Error('no')
    })
    meter.observe('reload.generations', () => [{ value: 1 }])
    expect(points(meter, 'reload.generations')[0]?.value).toBe(1)
    expect(points(meter, 'changeover.telemetry.dropped')[0]?.attributes).toMatchObject({
      'changeover.reason': 'observer_failed',
    })
  })

  it('adds up in one point what is beyond the cap, so that no sum is wrong and no memory is eaten', () => {
    const meter = meterWith()
    for (let i = 0; i < POINT_LIMIT + 50; i++) meter.add('changeover.requests', 1, { id: i })
    const all = points(meter, 'changeover.requests')
    expect(all).toHaveLength(POINT_LIMIT + 1)
    expect(all.at(-1)).toMatchObject({ attributes: { 'otel.metric.overflow': true }, value: 50 })
    expect(points(meter, 'changeover.telemetry.dropped')[0]?.value).toBe(50)
  })

  it('lets the points of old versions go, so that the newest is always counted', () => {
    const meter = meterWith()
    const versions = 10_000
    for (let seq = 1; seq <= versions; seq++)
      meter.add('changeover.requests', 1, { 'config.version': `1.${seq}` })
    meter.add('changeover.requests', 1, { 'config.version': `1.${versions}` })
    const all = points(meter, 'changeover.requests')
    expect(all).toHaveLength(VERSION_LIMIT)
    expect(all.at(-1)).toMatchObject({ attributes: { 'config.version': `1.${versions}` }, value: 2 })
    expect(points(meter, 'changeover.telemetry.dropped')).toEqual([])
  })

  it('takes names that are not in the table', () => {
    const meter = meterWith()
    meter.add('my.own', 1)
    meter.record('my.own.time', 3)
    expect(meter.collect().map((it) => it.instrument.kind)).toEqual(['counter', 'histogram'])
  })
})
