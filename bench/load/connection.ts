/**
 * One keep-alive connection of the load side. Opens again by itself when the other side closes it, as a
 * client's pool would; whether that cost a request is for its user to say.
 */
import { connect, type Socket } from 'node:net'

export interface Handlers {
  /** Open, or open again: a request may be written. */
  ready(): void
  bytes(bytes: Buffer): void
  /** Closed by the other side or broken; it is being opened again. */
  lost(reason: string): void
}

const pauseMs = 5

export class Connection {
  readonly #port: number
  readonly #handlers: Handlers
  #socket: Socket
  #isClosed = false
  #reason = 'closed'

  constructor(port: number, handlers: Handlers) {
    this.#port = port
    this.#handlers = handlers
    this.#socket = this.#open()
  }

  write(text: string): void {
    this.#socket.write(text, 'latin1')
  }

  /** Drops the connection for what it sent wrong; `lost` is called with the reason. */
  fail(reason: string): void {
    this.#reason = reason
    this.#socket.destroy()
  }

  /** Reads nothing until `resume`. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** For good; no handler is called any more. */
  close(): void {
    this.#isClosed = true
    this.#socket.destroy()
  }

  #open(): Socket {
    this.#reason = 'closed'
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true })
    socket.on('connect', () => this.#handlers.ready())
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#reason = error.code ?? 'error'
    })
    socket.on('close', () => this.#reopen())
    return socket
  }

  #read(bytes: Buffer): void {
    if (this.#isClosed) return
    try {
      this.#handlers.bytes(bytes)
    } catch (error) {
      this.fail(error instanceof Error ? error.message : 'error')
    }
  }

  #reopen(): void {
    if (this.#isClosed) return
    this.#handlers.lost(this.#reason)
    setTimeout(() => {
      if (!this.#isClosed) this.#socket = this.#open()
    }, pauseMs)
  }
}
