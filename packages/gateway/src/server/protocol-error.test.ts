import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestGateway } from './test-gateway.ts'

let gateway: TestGateway

beforeEach(async () => {
  gateway = await TestGateway.start({ routes: [], limits: { headBytes: 4096 } })
})

afterEach(() => gateway.close())

/** Everything that comes back until the connection is closed. */
function say(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = ''
    const socket = connect(Number(new URL(gateway.origin).port), '127.0.0.1', () => socket.write(text))
    socket.on('data', (chunk) => {
      heard += chunk.toString()
    })
    socket.on('end', () => resolve(heard))
    socket.on('error', reject)
  })
}

describe('what is no request', () => {
  it.each([
    ['is not HTTP', 'EHLO example.com\r\n\r\n', '400 Bad Request'],
    ['has a head that is too large', `GET / HTTP/1.1\r\nhost: x\r\nx-a: ${'a'.repeat(9000)}\r\n\r\n`, '431 '],
    [
      'has two lengths',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      '400 ',
    ],
  ])('because it %s is answered in the shape of an error, and the connection ends', async (_, text, line) => {
    const [head, body] = (await say(text)).split('\r\n\r\n')

    expect(head).toContain(`HTTP/1.1 ${line}`)
    expect(JSON.parse(body ?? '')).toMatchObject({ error: { code: 'request.protocol' } })
  })
})
