/**
 * The data plane's door: `node:http`, tuned for many kept connections, and the few paths behind it.
 *
 * It reads heads and bodies within their limits and hands them to a call; what a call means is not known here.
 * Listeners are shared functions that find their exchange on the object they were called on, so that a request
 * costs no closures.
 *
 * Closing: no new connections, none is kept on which nobody asks anything, calls in flight go on until `drainMs` is
 * over, what is left then is cut with a word to its caller.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock, Telemetry } from '@changeover/reload'
import type { SubscriptionBook } from '../contract/apis.ts'
import { Bag } from '../contract/bag.ts'
import type { CallSink } from '../contract/call.ts'
import type { Caller } from '../contract/compiled.ts'
import { createCallIds } from '../pipeline/call-id.ts'
import { Sides } from '../pipeline/placed.ts'
import type { GatewayReloader, PipelineTools } from '../pipeline/tools.ts'
import { VersionMemory } from '../pipeline/version-memory.ts'
import { Deadlines } from '../routing/deadlines.ts'
import { Connections } from './connections.ts'
import { Exchange } from './exchange.ts'
import { writeProtocolError } from './protocol-error.ts'
import { openCall } from './routes.ts'

export interface DataServerOptions {
  readonly reloader: GatewayReloader
  readonly calls: CallSink
  readonly telemetry: Telemetry
  readonly clock: Clock
  /** `config.scope` of spans. Default `default`. */
  readonly scope?: string
  readonly limits?: Partial<DataServerLimits>
  /** Takes our secrets out of what providers say to callers. Default: nothing is taken out. */
  readonly redact?: (text: string) => string
  /** Where calls add what became of them while versions are compared; handed in where somebody else asks it too. */
  readonly sides?: Sides
  /** Who has been let in to which API. Default: nobody. */
  readonly subscriptions?: SubscriptionBook
  /** Numbers in [0, 1): for weights and jitter. Default `Math.random`. */
  readonly random?: () => number
}

export interface DataServerLimits {
  /** Of a request body. A long context with a few images fits. Default 32 MB. */
  readonly bodyBytes: number
  /** Of a request's head. Default 32 KB. */
  readonly headBytes: number
  /** For the head to come. Default 20 s. */
  readonly headMs: number
  /** For head and body to come. Default 120 s. */
  readonly requestMs: number
  /** How long an idle connection is kept; longer than balancers in front usually keep theirs. Default 65 s. */
  readonly keepAliveMs: number
  /** How long a caller may leave a stream standing. Default 60 s. */
  readonly stallMs: number
}

const DEFAULTS: DataServerLimits = {
  bodyBytes: 32 * 1024 * 1024,
  headBytes: 32 * 1024,
  headMs: 20_000,
  requestMs: 120_000,
  keepAliveMs: 65_000,
  stallMs: 60_000,
}

/** For a head that is on its way when the server closes. */
const HEAD_GRACE_MS = 1_000
/** After the cut, for the last words to go out. */
const FAREWELL_MS = 500
const IDLE_CHECK_MS = 25

export interface DataServer {
  readonly server: Server
  /** Resolves when it listens. Port 0 takes a free one. */
  listen(at: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }>
  /** Cuts the running calls whose caller does not hold any more. Returns how many. */
  cutUnless(holds: (caller: Caller) => boolean): number
  /** Resolves when every connection is closed. */
  close(options: { readonly drainMs: number }): Promise<void>
}

export function createDataServer(options: DataServerOptions): DataServer {
  const limits = { ...DEFAULTS, ...options.limits }
  const { telemetry, clock } = options
  const tools: PipelineTools = {
    reloader: options.reloader,
    calls: options.calls,
    telemetry,
    clock,
    random: options.random ?? Math.random,
    deadlines: new Deadlines(clock),
    versions: new VersionMemory(telemetry),
    sides: options.sides ?? new Sides(),
    scope: options.scope ?? 'default',
    ...(options.subscriptions === undefined ? {} : { subscriptions: options.subscriptions }),
    stallMs: limits.stallMs,
    nextCallId: createCallIds(),
    redact: options.redact ?? ((text) => text),
  }
  const active = new Bag<Exchange>()
  let closing = false
  const server = createServer(
    {
      keepAliveTimeout: limits.keepAliveMs,
      headersTimeout: limits.headMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: 5000,
      maxHeaderSize: limits.headBytes,
    },
    (request, response) => {
      if (closing) response.shouldKeepAlive = false
      const call = openCall(tools, request, response)
      if (call === null) return
      const exchange = new Exchange({ call, request, response, active, bodyBytes: limits.bodyBytes })
      exchange.start()
    },
  )
  const connections = new Connections(server)
  server.on('clientError', writeProtocolError)
  return {
    server,
    listen: (at) => listen(server, at),
    cutUnless: (holds) => {
      let count = 0
      for (const exchange of active) if (exchange.cutUnless(holds)) count += 1
      return count
    },
    close: ({ drainMs }) => {
      closing = true
      return drain({ server, connections, active, clock, drainMs })
    },
  }
}

function listen(server: Server, at: { host: string; port: number }): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at.port, at.host, () => {
      server.off('error', reject)
      resolve({ port: (server.address() as AddressInfo).port })
    })
  })
}

interface Drain {
  readonly server: Server
  readonly connections: Connections
  readonly active: Bag<Exchange>
  readonly clock: Clock
  readonly drainMs: number
}

function drain({ server, connections, active, clock, drainMs }: Drain): Promise<void> {
  for (const exchange of active) exchange.lastOnConnection()
  return new Promise((resolve) => {
    let over = false
    server.close(() => {
      over = true
      resolve()
    })
    // A connection that becomes idle after `close` is not closed by it.
    const closeIdle = () => {
      if (over) return
      server.closeIdleConnections()
      clock.after(IDLE_CHECK_MS, closeIdle)
    }
    closeIdle()
    clock.after(Math.min(HEAD_GRACE_MS, drainMs), () =>
      connections.closeAllBut(new Set([...active].map((it) => it.socket))),
    )
    clock.after(drainMs, () => {
      for (const exchange of active) exchange.cut()
      clock.after(FAREWELL_MS, () => server.closeAllConnections())
    })
  })
}
