import { ManualClock } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { type LineOutput, LineSink } from './line-sink.ts'

function output(): LineOutput & {
  texts: string[]
  full: boolean
  broken: Error | null
  emit: (name: string, it?: Error) => void
} {
  const listeners = new Map<string, (error: Error) => void>()
  const out = {
    texts: [] as string[],
    full: false,
    broken: null as Error | null,
    write: (text: string) => {
      if (out.broken !== null) throw out.broken
      out.texts.push(text)
      return !out.full
    },
    once: (name: string, listener: () => void) => listeners.set(name, listener),
    on: (name: string, listener: (error: Error) => void) => listeners.set(name, listener),
    emit: (name: string, error?: Error) => listeners.get(name)?.(error ?? new Error('gone')),
  }
  return out
}

function sinkWith() {
  const clock = new ManualClock()
  const stdout = output()
  const stderr = output()
  const lost: number[] = []
  const sink = new LineSink({ output: stdout, fallback: stderr, clock, lost: (lines) => lost.push(lines) })
  return { clock, stdout, stderr, lost, sink }
}

describe('a line sink', () => {
  it('writes lines together, within 10 ms', async () => {
    const { clock, stdout, sink } = sinkWith()
    sink.write('a\n')
    sink.write('b\n')
    expect(stdout.texts).toEqual([])
    await clock.advance(10)
    expect(stdout.texts).toEqual(['a\nb\n'])
  })

  it('writes at once when much has come together, and when it is asked to', () => {
    const { stdout, sink } = sinkWith()
    sink.write('x'.repeat(20_000))
    expect(stdout.texts).toHaveLength(1)
    sink.write('last words\n')
    sink.flush()
    expect(stdout.texts[1]).toBe('last words\n')
  })

  it('waits for an output that is full, in bounds, and counts what is beyond them', async () => {
    const { clock, stdout, lost, sink } = sinkWith()
    stdout.full = true
    sink.write('x'.repeat(20_000))
    for (let i = 0; i < 300; i++) sink.write('y'.repeat(20_000))
    await clock.advance(1000)
    expect(stdout.texts).toHaveLength(1)
    expect(lost.length).toBeGreaterThan(50)
    stdout.full = false
    stdout.emit('drain')
    expect(stdout.texts[1]?.length).toBe((300 - lost.length) * 20_000)
  })

  it('turns to standard error when the output throws or breaks, without losing the lines at hand', async () => {
    for (const how of ['throws', 'breaks'] as const) {
      const { clock, stdout, stderr, sink } = sinkWith()
      if (how === 'throws') stdout.broken = new Error('EPIPE')
      else stdout.emit('error')
      sink.write('still here\n')
      await clock.advance(10)
      expect(stderr.texts).toEqual(['still here\n'])
    }
  })

  it('counts lines when there is nowhere left, and throws at nobody', async () => {
    const { clock, stdout, stderr, lost, sink } = sinkWith()
    stdout.broken = new Error('EPIPE')
    stderr.broken = new Error('EPIPE')
    sink.write('a\n')
    sink.write('b\n')
    await clock.advance(10)
    expect(lost).toEqual([0, 2])
  })
})
