import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES, BlockLine, UNIT_BYTES } from './block-line.ts'

const sizes = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.integer({ min: 1, max: (2 * BLOCK_BYTES) / UNIT_BYTES }),
  fc.constant(BLOCK_BYTES / UNIT_BYTES),
)

function write(line: BlockLine, sizeBytes: number, mark: number): void {
  const place = line.append(sizeBytes)
  const { bytes, view } = line.blockOf(place)
  const at = line.startOf(place)
  bytes.fill(mark & 0xff, at, at + sizeBytes)
  view.setUint32(at, sizeBytes)
  view.setUint32(at + 4, mark)
}

function first(line: BlockLine): { sizeBytes: number; mark: number; last: number | undefined } | null {
  if (line.first === -1) return null
  const { bytes, view } = line.blockOf(line.first)
  const at = line.startOf(line.first)
  const sizeBytes = view.getUint32(at)
  return { sizeBytes, mark: view.getUint32(at + 4), last: bytes[at + sizeBytes - 1] }
}

describe('a line of blocks', () => {
  it('gives back what was written in the order in which it was, whole, and holds little beside', () => {
    // `null`: pass the first.
    fc.assert(
      fc.property(fc.array(fc.option(sizes, { freq: 1 }), { maxLength: 120 }), (steps) => {
        const line = new BlockLine()
        const model: { sizeBytes: number; mark: number }[] = []
        for (const [mark, units] of steps.entries()) {
          if (units === null) {
            line.pass()
            model.shift()
          } else {
            write(line, units * UNIT_BYTES, mark)
            model.push({ sizeBytes: units * UNIT_BYTES, mark })
          }
          const [next] = model
          expect(first(line)).toEqual(next === undefined ? null : { ...next, last: next.mark & 0xff })
          const held = model.reduce((sum, it) => sum + it.sizeBytes, 0)
          // At worst each block is left for one that is just too large for what is left in it.
          expect(line.bytes).toBeLessThanOrEqual(2 * held + 2 * BLOCK_BYTES)
        }
      }),
    )
  })

  it('uses a block again', () => {
    const line = new BlockLine()
    write(line, 64, 1)
    const { bytes } = line.blockOf(line.first)
    line.pass()
    expect([line.first, line.bytes]).toEqual([-1, 0])
    write(line, 64, 2)
    expect(line.blockOf(line.first).bytes).toBe(bytes)
  })
})
