/**
 * A TCP proxy on loopback that does to connections what networks do: late, in small pieces, cut, frozen half way
 * with neither side told, or refused.
 *
 * Faults hold for connections that are open and for those to come, until they are taken back.
 */

import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'

export interface FaultProxyOptions {
  readonly port: number
  /** Default `127.0.0.1`. */
  readonly host?: string
}

interface Pair {
  readonly client: Socket
  readonly upstream: Socket
}

export class FaultProxy {
  /** Each piece, either way, arrives this much later. */
  delayMs = 0
  /** Pieces are no larger than this. */
  pieceBytes = Number.POSITIVE_INFINITY
  /** A connection is cut when this many bytes have come back on it. */
  cutAfterBytes = Number.POSITIVE_INFINITY
  /** New connections are closed at once. */
  isRefusing = false
  private readonly server: Server
  private readonly pairs = new Set<Pair>()
  private isFrozen = false
  private thawed: (() => void)[] = []

  private constructor(target: FaultProxyOptions) {
    this.server = createServer({ allowHalfOpen: true }, (client) => this.join(client, target))
  }

  /** Listens on a free port, in front of `target`. */
  static async open(target: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(target)
    proxy.server.listen(0, '127.0.0.1')
    await once(proxy.server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed')
    return address.port
  }

  /** Connections open now. */
  get connections(): number {
    return this.pairs.size
  }

  /** Resets every open connection, both ways. */
  cut(): void {
    for (const { client, upstream } of this.pairs) {
      client.resetAndDestroy()
      upstream.resetAndDestroy()
    }
  }

  /** Lets nothing through any more, not even an end: the other side is gone and nobody says so. */
  freeze(): void {
    this.isFrozen = true
  }

  thaw(): void {
    this.isFrozen = false
    for (const resume of this.thawed.splice(0)) resume()
  }

  async close(): Promise<void> {
    this.thaw()
    const closed = once(this.server, 'close')
    this.server.close()
    for (const { client, upstream } of this.pairs) {
      client.destroy()
      upstream.destroy()
    }
    await closed
  }

  private join(client: Socket, { port, host = '127.0.0.1' }: FaultProxyOptions): void {
    client.on('error', () => {})
    if (this.isRefusing) {
      client.resetAndDestroy()
      return
    }
    const upstream = createConnection({ port, host, allowHalfOpen: true })
    const pair = { client, upstream }
    this.pairs.add(pair)
    const end = () => {
      this.pairs.delete(pair)
      client.destroy()
      upstream.destroy()
    }
    upstream.on('error', () => client.resetAndDestroy())
    client.on('close', end)
    upstream.on('close', end)
    this.carry(client, upstream, Number.POSITIVE_INFINITY).catch(end)
    this.carry(upstream, client, null).catch(end)
  }

  /** `limitBytes` is `null` where `cutAfterBytes` counts. */
  private async carry(from: Socket, to: Socket, limitBytes: number | null): Promise<void> {
    let carriedBytes = 0
    for await (const bytes of from as AsyncIterable<Buffer>) {
      for (let at = 0; at < bytes.length; ) {
        const leftBytes = (limitBytes ?? this.cutAfterBytes) - carriedBytes
        const piece = bytes.subarray(at, at + Math.min(this.pieceBytes, Math.max(0, leftBytes)))
        await this.passable()
        if (piece.length > 0) await send(to, piece)
        at += piece.length
        carriedBytes += piece.length
        if (carriedBytes >= (limitBytes ?? this.cutAfterBytes)) {
          to.resetAndDestroy()
          from.destroy()
          return
        }
      }
    }
    await this.passable()
    to.end()
  }

  /** Pieces that have come and are not passed on while it is frozen. */
  get heldPieces(): number {
    return this.thawed.length
  }

  private async passable(): Promise<void> {
    if (this.delayMs > 0) await new Promise((resolve) => void setTimeout(resolve, this.delayMs))
    while (this.isFrozen) await new Promise<void>((resolve) => void this.thawed.push(resolve))
  }
}

/** Writes a piece and lets it leave before the next, so that pieces do not grow together again. */
async function send(to: Socket, piece: Buffer): Promise<void> {
  to.setNoDelay(true)
  await new Promise<void>((resolve, reject) => {
    to.write(piece, (error) => (error === undefined || error === null ? resolve() : reject(error)))
  })
  await new Promise((resolve) => void setImmediate(resolve))
}
