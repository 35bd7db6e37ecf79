/**
 * Answers what is not HTTP, or comes too slowly or too large to be read: there is no request yet and no
 * response, so the bytes are written by hand, in the error shape that callers of the data plane know.
 */
import type { Duplex } from 'node:stream'
import { sayError } from '../errors.ts'
import { openaiChat } from '../wire/openai-chat.ts'

interface Answer {
  readonly line: string
  readonly status: number
  readonly reason: string
}

const SLOW: Answer = { line: '408 Request Timeout', status: 408, reason: 'it did not come in time' }
const LARGE: Answer = {
  line: '431 Request Header Fields Too Large',
  status: 431,
  reason: 'its head is larger than is taken',
}
const BROKEN: Answer = { line: '400 Bad Request', status: 400, reason: 'it is not HTTP/1.1' }

export function writeProtocolError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { line, status, reason } = answerTo(error.code)
  const code = 'request.protocol'
  const body = JSON.stringify(openaiChat.writeError({ status, code, message: sayError(code, { reason }) }))
  const head = [
    `HTTP/1.1 ${line}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function answerTo(code: string | undefined): Answer {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return SLOW
  return code === 'HPE_HEADER_OVERFLOW' ? LARGE : BROKEN
}
