/** One message in AWS's binary framing: lengths, headers, payload, and a checksum of each part. */
import { crc32 } from 'node:zlib'

const TEXT_HEADER = 7
const PRELUDE_BYTES = 12
const CHECKSUM_BYTES = 4

export function eventStreamMessage(headers: Readonly<Record<string, string>>, payload: object): Uint8Array {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => headerOf(name, value)))
  const body = Buffer.from(JSON.stringify(payload))
  const message = Buffer.alloc(PRELUDE_BYTES + head.length + body.length + CHECKSUM_BYTES)
  message.writeUInt32BE(message.length, 0)
  message.writeUInt32BE(head.length, 4)
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  head.copy(message, PRELUDE_BYTES)
  body.copy(message, PRELUDE_BYTES + head.length)
  const end = message.length - CHECKSUM_BYTES
  message.writeUInt32BE(crc32(message.subarray(0, end)), end)
  return message
}

function headerOf(name: string, value: string): Buffer {
  const text = Buffer.from(value)
  const header = Buffer.alloc(1 + name.length + 3)
  header.writeUInt8(name.length, 0)
  header.write(name, 1, 'latin1')
  header.writeUInt8(TEXT_HEADER, 1 + name.length)
  header.writeUInt16BE(text.length, 2 + name.length)
  return Buffer.concat([header, text])
}
