/**
 * A server of settings that fails, is cut off, is behind, or was restored from an older copy: the versions that it holds
 * are polled by a service, which has the whole truth only of what it has seen itself.
 */
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createReloader,
  ENVELOPE_TYPE,
  httpPollHandle,
  memoryStore,
  type Reloader,
  type StateStore,
  type VersionRef,
} from '@changeover/reload'
import { afterEach, describe, expect, it } from 'vitest'
import { formatModules } from '../proof/format-modules.ts'

const SCOPE = 'faults/polled'
const PATIENCE = { timeout: 10_000, interval: 5 }

interface Sealed extends VersionRef {
  readonly bytes: Uint8Array
}

/** A payload as a publisher would send it. */
function seal(epoch: number, seq: number, mark: string, previous: VersionRef | null): Sealed {
  const { manifest } = formatModules.seal.sealDraft(
    { settings: { routing: { main: { mark } } } },
    {
      scope: SCOPE,
      version: { epoch, seq },
      previous: previous === null ? null : { version: previous.version, digest: previous.digest },
      previousResources: [],
      issuedAt: new Date().toISOString(),
      author: 'user:publisher',
      reason: '',
      idempotencyKey: null,
      trace: null,
    },
  )
  const bytes = formatModules.manifest.writeManifest({ ...manifest, changedParameters: null })
  const envelope = formatModules.envelope.encodeEnvelope(bytes, null)
  return { bytes: envelope, version: `${epoch}.${seq}`, digest: formatModules.digest.digestOf(bytes) }
}

type Answer = (response: ServerResponse) => void
const holding =
  ({ bytes }: Sealed): Answer =>
  (response) =>
    response.writeHead(200, { 'content-type': ENVELOPE_TYPE }).end(bytes)

class Polled {
  answer: Answer
  polls = 0
  readonly server: Server
  readonly built: string[] = []
  readonly reloader: Reloader<{ routing: string }>

  constructor(answer: Answer, store: StateStore) {
    this.answer = answer
    this.server = createServer((_, response) => {
      this.polls += 1
      this.answer(response)
    })
    this.reloader = createReloader<{ routing: string }>({
      scope: SCOPE,
      store,
      limits: { bakeMs: 0, debounceQuietMs: 1, driftEveryMs: 0 },
      participants: {
        routing: {
          kinds: ['routing'],
          prepare: ({ version }) => {
            this.built.push(version)
            return version
          },
        },
      },
    })
  }

  static async open(answer: Answer, store: StateStore = memoryStore()): Promise<Polled> {
    const polled = new Polled(answer, store)
    open.push(polled)
    polled.server.listen(0, '127.0.0.1')
    await once(polled.server, 'listening')
    await polled.reloader.start()
    const { port } = polled.server.address() as AddressInfo
    const handle = httpPollHandle(`http://127.0.0.1:${port}/`, {
      intervalMs: 5,
      timeoutMs: 50,
      // The shortest wait after a failure.
      random: () => 0,
    })
    polled.reloader.watch(handle)
    return polled
  }

  async close(): Promise<void> {
    await this.reloader.close({ drainMs: 0 })
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  get version(): string | null {
    return this.reloader.current()?.version ?? null
  }

  get handle() {
    return this.reloader.status().handles[0]
  }

  /** So many more polls have been answered, or given up. */
  async polled(count: number): Promise<void> {
    const before = this.polls
    await expect.poll(() => this.polls, PATIENCE).toBeGreaterThan(before + count)
  }

  async versionIs(version: string): Promise<void> {
    await expect.poll(() => this.version, PATIENCE).toBe(version)
    await expect.poll(() => this.reloader.status().confirmed?.version, PATIENCE).toBe(version)
  }

  /** What came of each attempt, oldest first. */
  async outcomes(): Promise<readonly string[]> {
    const lines = await this.reloader.audit()
    return lines.filter((it) => it.status !== 'in_progress').map((it) => it.reason || `${it.status} ${it.to}`)
  }
}

const open: Polled[] = []
afterEach(async () => {
  for (const it of open.splice(0)) await it.close()
})

const first = seal(1, 1, 'first', null)

describe('a server of settings', () => {
  it.each<[string, string, Answer]>([
    ['answers with an error', 'handle.read_failed', (response) => response.writeHead(500).end('no leader')],
    ['answers with nothing', 'handle.empty', (response) => response.writeHead(200).end()],
    [
      'breaks off',
      'handle.read_failed',
      (response) => response.writeHead(200).write('{', () => response.destroy()),
    ],
    ['never answers', 'handle.read_failed', () => undefined],
  ])('that %s for a while has changed nothing, and is no change when it is well', async (_, code, answer) => {
    const polled = await Polled.open(holding(first))
    await polled.versionIs('1.1')
    polled.answer = answer
    await expect.poll(() => polled.handle?.trouble?.code, PATIENCE).toBe(code)
    await polled.polled(3)
    expect(polled.reloader.status()).toMatchObject({
      state: 'idle',
      applied: { version: '1.1' },
      quarantine: [],
    })
    polled.answer = holding(first)
    await expect.poll(() => polled.handle?.trouble, PATIENCE).toBeNull()
    await polled.polled(3)
    expect(polled.built).toEqual(['1.1'])
    expect(await polled.outcomes()).toEqual(['success 1.1', 'already_applied'])
  })

  it('that was cut off for thirty versions brings in the newest alone, in one attempt', async () => {
    const polled = await Polled.open(holding(first))
    await polled.versionIs('1.1')
    polled.answer = (response) => response.destroy()
    await expect.poll(() => polled.handle?.trouble?.code, PATIENCE).toBe('handle.read_failed')
    let newest = first
    for (let seq = 2; seq <= 31; seq++) newest = seal(1, seq, `number ${seq}`, first)
    await polled.polled(3)
    expect(polled.version).toBe('1.1')
    polled.answer = holding(newest)
    await polled.versionIs('1.31')
    await polled.polled(3)
    expect(polled.built).toEqual(['1.1', '1.31'])
    expect(await polled.outcomes()).toEqual(['success 1.1', 'success 1.31'])
  })

  it('of which half of the answers are old never takes anything back', async () => {
    const polled = await Polled.open(holding(first))
    await polled.versionIs('1.1')
    const second = seal(1, 2, 'second', first)
    let turn = 0
    polled.answer = (response) => holding(turn++ % 2 === 0 ? second : first)(response)
    await polled.versionIs('1.2')
    await polled.polled(20)
    expect([polled.version, polled.built]).toEqual(['1.2', ['1.1', '1.2']])
    expect(polled.reloader.status()).toMatchObject({ breaker: 'closed', quarantine: [] })
    expect(await polled.outcomes()).toContain('verify.below_floor')
  })

  it('that was restored from an older copy is refused, also after a restart, until a new epoch begins', async () => {
    const store = memoryStore()
    const polled = await Polled.open(holding(first), store)
    await polled.versionIs('1.1')
    const second = seal(1, 2, 'second', first)
    polled.answer = holding(second)
    await polled.versionIs('1.2')
    for (const [holds, reason] of [
      [first, 'verify.below_floor'],
      [seal(1, 2, 'second, published again', first), 'verify.equivocation'],
    ] as const) {
      polled.answer = holding(holds)
      await expect.poll(() => polled.handle?.differs?.reason, PATIENCE).toBe(reason)
    }
    await polled.close()
    open.length = 0

    const next = await Polled.open(holding(first), store)
    await expect.poll(() => next.handle?.differs?.reason, PATIENCE).toBe('verify.below_floor')
    expect(next.version).toBe('1.2')
    next.answer = holding(seal(2, 1, 'first of the new epoch', first))
    await next.versionIs('2.1')
    expect(next.handle?.differs).toBeNull()
  })
})
