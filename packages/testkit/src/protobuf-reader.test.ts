import { describe, expect, it } from 'vitest'
import { readMessage } from './protobuf-reader.ts'

describe('a protobuf message', () => {
  it('is read by field and kind, and is empty where a field is absent', () => {
    // 1: varint 300, 2: text "ab", 2: text "c", 5: fixed32 7, 6: double 1.5
    const double = Buffer.alloc(8)
    double.writeDoubleLE(1.5)
    const bytes = Buffer.concat([
      Buffer.from([0x08, 0xac, 0x02, 0x12, 2, 0x61, 0x62, 0x12, 1, 0x63, 0x2d, 7, 0, 0, 0, 0x31]),
      double,
    ])
    const message = readMessage(bytes)
    expect(message.int(1)).toBe(300)
    expect(message.text(2)).toBe('c')
    expect(message.fixed32(5)).toBe(7)
    expect(message.double(6)).toBe(1.5)
    expect([message.int(9), message.text(9), message.hex(9), message.has(9)]).toEqual([0, '', '', false])
    expect(message.messages(9)).toEqual([])
  })

  it('that ends too early or has a wire type of no kind is refused', () => {
    expect(() => readMessage(Buffer.from([0x12, 5, 0x61]))).toThrow('ends inside a field of 5 bytes')
    expect(() => readMessage(Buffer.from([0x08, 0x80]))).toThrow('ends inside a number')
    expect(() => readMessage(Buffer.from([0x0b]))).toThrow('wire type 3')
  })
})
