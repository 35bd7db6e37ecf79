import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { type Instrument, instruments } from '../instruments.ts'
import { createRedactor } from '../redact.ts'
import { LiveMeter } from './meter.ts'
import { prometheusName, prometheusText } from './prometheus-text.ts'

const target = { 'service.name': 'gateway', 'service.instance.id': 'i-1' }

/** Something in every instrument of the table, with all of its attributes. */
function everything(): LiveMeter {
  const meter = new LiveMeter(() => 0)
  for (const it of instruments) {
    const attributes = Object.fromEntries(
      it.attributes.map((name) => [name, 'a "quoted" \\ value\nwith lines']),
    )
    if (it.kind === 'counter') meter.add(it.name, 3, attributes)
    else meter.record(it.name, 0.3, attributes)
  }
  return meter
}

describe('/metrics', () => {
  it('passes promtool check metrics', (context) => {
    const text = prometheusText(everything().collect(), target, createRedactor())
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
    if (checked.error !== undefined) context.skip('promtool is not installed (apt: prometheus)')
    expect(checked.stdout + checked.stderr).toBe('')
    expect(checked.status).toBe(0)
  })

  it('names metrics as Prometheus expects', () => {
    const name = (it: Partial<Instrument>) =>
      prometheusName({ name: 'a.b', kind: 'gauge', unit: '', meaning: '', attributes: [], ...it })
    expect(name({ name: 'reload.duration', kind: 'histogram', unit: 's' })).toBe('reload_duration_seconds')
    expect(name({ name: 'reload.attempts', kind: 'counter', unit: '{attempt}' })).toBe(
      'reload_attempts_total',
    )
    expect(name({ name: 'cache.size', unit: 'By' })).toBe('cache_size_bytes')
    expect(name({ name: 'wait.seconds', kind: 'counter', unit: 's' })).toBe('wait_seconds_total')
  })

  it('counts buckets upwards and ends with the count', () => {
    const meter = new LiveMeter(() => 0)
    for (const value of [0.0004, 0.002, 99])
      meter.record('http.server.request.duration', value, { 'http.route': '/v1' })
    const lines = prometheusText(meter.collect(), target, createRedactor()).split('\n')
    const buckets = lines.filter((it) => it.includes('_bucket')).map((it) => Number(it.split(' ').at(-1)))
    expect(buckets).toEqual([...buckets].sort((a, b) => a - b))
    expect(buckets[0]).toBe(1)
    expect(lines).toContain('http_server_request_duration_seconds_bucket{http_route="/v1",le="+Inf"} 3')
    expect(lines).toContain('http_server_request_duration_seconds_count{http_route="/v1"} 3')
  })

  it('says who reports', () => {
    expect(prometheusText([], target, createRedactor())).toContain(
      'target_info{service_name="gateway",service_instance_id="i-1"} 1',
    )
  })

  it('has no secret in a label', () => {
    const meter = new LiveMeter(() => 0)
    meter.add('changeover.requests', 1, { 'changeover.route': 'sk-canary-abcdefghijklmnop' })
    expect(prometheusText(meter.collect(), target, createRedactor())).not.toContain('canary')
  })
})
