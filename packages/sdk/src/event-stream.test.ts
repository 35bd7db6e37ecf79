import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readEvents, type ServerEvent } from './event-stream.ts'

async function read(...chunks: readonly Uint8Array[]): Promise<ServerEvent[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const it of chunks) controller.enqueue(it)
      controller.close()
    },
  })
  const found: ServerEvent[] = []
  for await (const it of readEvents(body)) found.push(it)
  return found
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('an event stream', () => {
  it('yields id, event and data, and leaves comments out', async () => {
    const text = ': following\n\nid: 7\nevent: swapped\ndata: {"a":1}\n\n: still here\n\ndata: x\ndata: y\n\n'
    expect(await read(bytes(text))).toEqual([
      { id: '7', event: 'swapped', data: '{"a":1}' },
      { id: '7', event: 'message', data: 'x\ny' },
    ])
  })

  it('is the same however the bytes are cut, and with any line end', async () => {
    const line = fc.constantFrom('\n', '\r\n')
    const cut = fc.array(fc.nat(200), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(line, cut, async (end, cuts) => {
        const text = ['id: 1', 'event: grün', 'data: ✓ done', '', 'id: 2', 'data: {}', '', ''].join(end)
        const whole = bytes(text)
        const places = [0, ...cuts.filter((it) => it < whole.length).sort((a, b) => a - b), whole.length]
        const chunks = places.slice(1).map((it, i) => whole.slice(places[i], it))
        expect(await read(...chunks)).toEqual([
          { id: '1', event: 'grün', data: '✓ done' },
          { id: '2', event: 'message', data: '{}' },
        ])
      }),
    )
  })

  it('says nothing of an event that was cut off', async () => {
    expect(await read(bytes('data: whole\n\ndata: half'))).toEqual([
      { id: '', event: 'message', data: 'whole' },
    ])
  })
})
