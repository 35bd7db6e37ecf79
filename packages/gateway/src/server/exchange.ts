/**
 * One request and its response on a connection: gathers the body for the call and tells it what happens to the
 * connection.
 *
 * A body beyond the limit is not kept, but it is read on, up to as much again: most clients write all of a
 * request before they read the answer, and would see a broken pipe instead of it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Bag, InBag } from '../contract/bag.ts'
import type { Caller } from '../contract/compiled.ts'
import type { Call } from '../pipeline/call.ts'

const EXCHANGE = Symbol('exchange')

interface Carrying {
  [EXCHANGE]?: Exchange
}

export interface ExchangeParts {
  readonly call: Call
  readonly request: IncomingMessage & Carrying
  readonly response: ServerResponse & Carrying
  readonly active: Bag<Exchange>
  readonly bodyBytes: number
}

const NO_BODY = Buffer.alloc(0)

export class Exchange implements InBag {
  place = -1
  readonly #call: Call
  readonly #request: IncomingMessage & Carrying
  readonly #response: ServerResponse & Carrying
  readonly #active: Bag<Exchange>
  readonly #limit: number
  #first: Buffer | null = null
  #more: Buffer[] | null = null
  #bytes = 0

  constructor(parts: ExchangeParts) {
    this.#call = parts.call
    this.#request = parts.request
    this.#response = parts.response
    this.#active = parts.active
    this.#limit = parts.bodyBytes
  }

  get socket(): Socket {
    return this.#request.socket
  }

  start(): void {
    const request = this.#request
    const response = this.#response
    request[EXCHANGE] = this
    response[EXCHANGE] = this
    this.#active.add(this)
    response.on('close', onClose)
    if (!this.#call.open()) return
    response.on('drain', onDrain)
    request.on('data', onData)
    request.on('end', onEnd)
  }

  onData(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#limit) {
      this.#first = null
      this.#more = null
      if (this.#bytes > this.#limit * 2) this.#refuseSize()
    } else if (this.#first === null) this.#first = chunk
    else if (this.#more === null) this.#more = [this.#first, chunk]
    else this.#more.push(chunk)
  }

  onEnd(): void {
    if (this.#bytes > this.#limit) {
      this.#refuseSize()
      return
    }
    const body = this.#more === null ? (this.#first ?? NO_BODY) : Buffer.concat(this.#more)
    this.#first = null
    this.#more = null
    this.#call.arrived(body)
  }

  onDrain(): void {
    this.#call.onDrain()
  }

  onClose(): void {
    this.#active.delete(this)
    this.#call.closed(this.#response.writableFinished)
  }

  /** The server is closing: the connection ends with this response. */
  lastOnConnection(): void {
    this.#response.shouldKeepAlive = false
  }

  cut(): void {
    this.#call.cut()
  }

  /** True when the call was cut, because its caller is nobody any more. */
  cutUnless(holds: (caller: Caller) => boolean): boolean {
    return this.#call.cutUnless(holds)
  }

  #refuseSize(): void {
    this.#request.off('data', onData)
    this.#request.off('end', onEnd)
    this.#call.tooLarge(this.#limit)
  }
}

function onData(this: IncomingMessage & Carrying, chunk: Buffer): void {
  this[EXCHANGE]?.onData(chunk)
}

function onEnd(this: IncomingMessage & Carrying): void {
  this[EXCHANGE]?.onEnd()
}

function onDrain(this: ServerResponse & Carrying): void {
  this[EXCHANGE]?.onDrain()
}

function onClose(this: ServerResponse & Carrying): void {
  this[EXCHANGE]?.onClose()
}
