/**
 * What was built, opened, freed and closed by whom: the model's own books, kept outside the engine.
 *
 * A part or connection that is freed twice, or while a pin, the version in force or the baseline still
 * needs it, is a broken promise (I10), and is thrown from here with its name.
 */

export interface Part {
  readonly id: number
  readonly participant: string
  readonly mark: number
  readonly version: string
  readonly connection: Connection
  readonly nested: { readonly mark: number; readonly list: readonly number[] }
}

export interface Connection {
  readonly key: string
  readonly id: number
}

export class Ledger {
  readonly parts: Map<Part, 'live' | 'released'> = new Map()
  readonly connections: Map<Connection, 'open' | 'closed'> = new Map()
  /** How often each version was built, for I6 and I28. */
  prepared = 0
  readonly broken: string[] = []
  private nextId = 1

  build(participant: string, mark: number, version: string, connection: Connection): Part {
    this.prepared += 1
    const part: Part = {
      id: this.nextId++,
      participant,
      mark,
      version,
      connection,
      nested: { mark, list: [mark] },
    }
    this.parts.set(part, 'live')
    return part
  }

  open(key: string): Connection {
    const connection = { key, id: this.nextId++ }
    this.connections.set(connection, 'open')
    return connection
  }

  release(part: Part): void {
    if (this.parts.get(part) === 'released') this.broken.push(`brokeI10: part ${part.id} was released twice`)
    this.parts.set(part, 'released')
  }

  close(connection: Connection): void {
    if (this.connections.get(connection) === 'closed') {
      this.broken.push(`brokeI10: connection ${connection.key} was closed twice`)
    }
    this.connections.set(connection, 'closed')
  }

  liveOf(participant: string): number {
    return [...this.parts].filter(([part, state]) => state === 'live' && part.participant === participant)
      .length
  }

  get liveParts(): number {
    return [...this.parts.values()].filter((it) => it === 'live').length
  }

  get openConnections(): number {
    return [...this.connections.values()].filter((it) => it === 'open').length
  }
}
