/**
 * The open connections of a server, to close those on which nobody asks anything.
 *
 * Why not the server's own `closeIdleConnections`: it takes a connection on which not one byte has come yet for busy,
 * as it does one whose head stops in the middle. A balancer's spare connection, or anybody who opens one and says nothing,
 * would hold up the end of the process for as long as calls may go on.
 */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'

export class Connections {
  readonly #open = new Set<Socket>()

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
    })
  }

  closeAllBut(busy: ReadonlySet<Socket>): void {
    for (const it of this.#open) if (!busy.has(it)) it.destroy()
  }
}
