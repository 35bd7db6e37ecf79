/**
 * What every `Handle` owes the engine, as tests. A new handle is finished when they pass.
 *
 * They wait for conditions in real time, because that is what the sources of most handles live in. A handle is
 * given a clock that counts its timers; sockets, watches and listeners are counted in the process.
 */
import { type Clock, type Handle, systemClock } from '@changeover/reload'
import { afterEach, describe, expect, it, type TestContext } from 'vitest'
import { CountingClock } from './counting-clock.ts'
import { OfferDesk } from './offer-desk.ts'
import { openWatches } from './open-watches.ts'

export interface HandleUnderTest {
  readonly handle: Handle
  /** Makes the source hold this text from now on. */
  write(text: string): Promise<void>
  /** Makes the source fail when read, and end that. */
  breakReads(): Promise<void>
  healReads(): Promise<void>
  /** Makes the source hold nothing. */
  empty(): Promise<void>
  /** As `write`, with a W3C `traceparent`; absent when the source carries none. */
  writeTraced?(text: string, traceparent: string): Promise<void>
  /** The text in an offer's bytes, where they are not the text itself. */
  unwrap?(bytes: Uint8Array): string
  dispose(): Promise<void>
}

export interface HandleConformance {
  readonly name: string
  /** A source that holds `text`, and a handle on it that is quick to notice. */
  create(text: string, clock: Clock): Promise<HandleUnderTest>
  /** Cases that this handle does not meet, each with the reason. */
  readonly except?: readonly { readonly reason: string; readonly cases: readonly string[] }[]
}

interface Under extends HandleUnderTest {
  readonly desk: OfferDesk
  readonly clock: CountingClock
  texts(): string[]
  /** Waits until the newest offer is this text. */
  newestIs(text: string): Promise<void>
}

const PATIENCE = { timeout: 10_000, interval: 5 }
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

/** Declares the suite for one handle. */
export function handleConformance({ name, create, except = [] }: HandleConformance): void {
  describe(`${name} as a handle`, { timeout: 30_000 }, () => {
    const created: Under[] = []
    afterEach(async () => {
      for (const under of created.splice(0)) {
        under.desk.letGo()
        await under.desk.stop()
        await under.dispose()
      }
    })
    for (const [title, run] of Object.entries(cases)) {
      const exception = except.find((it) => it.cases.includes(title))
      it(title, async (context) => {
        if (exception !== undefined) context.skip(exception.reason)
        const clock = new CountingClock(systemClock)
        const under = equip(await create('one', clock), clock)
        created.push(under)
        await run(under, context)
      })
    }
    it('names only cases that exist in its exceptions', () => {
      for (const title of except.flatMap((it) => it.cases)) expect(Object.keys(cases)).toContain(title)
    })
  })
}

function equip(under: HandleUnderTest, clock: CountingClock): Under {
  const desk = new OfferDesk()
  const texts = () => desk.texts(under.unwrap)
  const newestIs = async (text: string) => {
    await expect.poll(() => texts().at(-1), PATIENCE).toBe(text)
  }
  return { ...under, desk, clock, texts, newestIs }
}

const cases: Record<string, (under: Under, context: TestContext) => Promise<void>> = {
  'offers at the start what the source holds': async ({ desk, handle, newestIs, texts }) => {
    desk.watch(handle)
    await newestIs('one')
    expect(texts()).toEqual(['one'])
  },

  'offers each later change, and says where it comes from': async (under) => {
    const { desk, handle, newestIs, write } = under
    desk.watch(handle)
    await newestIs('one')
    for (const text of ['two', 'three', 'four']) {
      await write(text)
      await newestIs(text)
    }
    expect(under.texts()).toEqual(['one', 'two', 'three', 'four'])
    expect(desk.troubles).toEqual([])
    const positions = desk.offers.map((it) => it.origin.position)
    expect(new Set(positions).size).toBe(4)
    for (const { origin } of desk.offers) {
      expect(origin.position).not.toBe('')
      expect(origin.source).toBe(handle.source)
      expect(origin.mediaType ?? '').toMatch(/^$|^[a-z]+\/[a-z0-9.+-]+$/)
    }
  },

  'does not offer the same content twice': async ({ desk, handle, newestIs, texts, write }) => {
    desk.watch(handle)
    await newestIs('one')
    await write('one')
    await write('two')
    await newestIs('two')
    await write('two')
    await write('three')
    await newestIs('three')
    expect(texts()).toEqual(['one', 'two', 'three'])
  },

  'offers one at a time, and the newest of what came while it waited': async (under) => {
    const { desk, handle, newestIs, texts, write } = under
    desk.watch(handle)
    await newestIs('one')
    desk.hold()
    await write('two')
    await newestIs('two')
    for (const text of ['three', 'four', 'five']) await write(text)
    expect(desk.open).toBe(1)
    desk.letGo()
    await newestIs('five')
    expect([...new Set(texts())]).toEqual(['one', 'two', 'five'])
    expect(desk.mostOpen).toBe(1)
  },

  'never offers out of order, however quickly the source changes': async (under) => {
    const { desk, handle, newestIs, texts, write } = under
    desk.watch(handle)
    await newestIs('one')
    for (let i = 10; i < 40; i += 1) await write(`number ${i}`)
    await newestIs('number 39')
    expect(texts()).toEqual(['one', ...texts().slice(1).sort()])
    expect(desk.mostOpen).toBe(1)
  },

  'reports a source that cannot be read, offers nothing for it, and recovers': async (under) => {
    const { desk, handle, newestIs, texts } = under
    desk.watch(handle)
    await newestIs('one')
    await under.breakReads()
    await expect.poll(() => desk.troubles.at(-1)?.code, PATIENCE).toBe('handle.read_failed')
    expect(desk.troubles.at(-1)).toMatchObject({ source: handle.source, cause: expect.any(Error) })
    await under.healReads()
    await under.write('two')
    await newestIs('two')
    expect(texts().filter((it) => it !== 'one')).toEqual(['two'])
  },

  'offers again what it offered when a trouble is over, so that the engine sees it': async (under) => {
    const { desk, handle, newestIs, texts } = under
    desk.watch(handle)
    await newestIs('one')
    await under.breakReads()
    await expect.poll(() => desk.troubles.length, PATIENCE).toBeGreaterThan(0)
    expect(texts()).toEqual(['one'])
    await under.healReads()
    await under.write('one')
    await expect.poll(texts, PATIENCE).toEqual(['one', 'one'])
  },

  'reports an empty source, and does not take it for a change': async (under) => {
    const { desk, handle, newestIs, texts } = under
    desk.watch(handle)
    await newestIs('one')
    await under.empty()
    await expect.poll(() => desk.troubles.map((it) => it.code), PATIENCE).toContain('handle.empty')
    expect(texts()).toEqual(['one'])
    await under.write('two')
    await newestIs('two')
    expect(texts().filter((it) => it !== 'one')).toEqual(['two'])
  },

  'goes on when an offer fails': async ({ desk, handle, newestIs, texts, write }) => {
    desk.failNext()
    desk.watch(handle)
    await newestIs('one')
    await expect.poll(() => desk.troubles.map((it) => it.code), PATIENCE).toEqual(['handle.offer_failed'])
    await write('two')
    await newestIs('two')
    expect(texts().filter((it) => it !== 'one')).toEqual(['two'])
  },

  'carries the trace that came with a change': async ({ desk, handle, newestIs, writeTraced }, context) => {
    if (writeTraced === undefined) return context.skip('the source carries no trace')
    desk.watch(handle)
    await newestIs('one')
    await writeTraced('two', TRACEPARENT)
    await newestIs('two')
    const [, traceId, spanId] = TRACEPARENT.split('-')
    expect(desk.offers.at(-1)?.origin.trace).toMatchObject({ traceId, spanId, sampled: true })
  },

  'ends soon after it is told to, and leaves nothing behind': async (under) => {
    const { clock, desk, handle, newestIs, write } = under
    const before = liveResources()
    desk.watch(handle)
    await newestIs('one')
    await write('two')
    await newestIs('two')
    await endsSoon(desk)
    expect(clock.pending).toBe(0)
    await expect.poll(liveResources, PATIENCE).toEqual(before)
    const count = desk.offers.length
    await write('three').catch(() => {})
    expect(desk.offers).toHaveLength(count)
  },

  'ends while an offer waits for its receipt': async ({ clock, desk, handle, newestIs }) => {
    desk.hold()
    desk.watch(handle)
    await newestIs('one')
    await endsSoon(desk)
    expect(clock.pending).toBe(0)
  },

  'ends while its source cannot be read': async ({ breakReads, clock, desk, handle }) => {
    await breakReads()
    desk.watch(handle)
    await expect.poll(() => desk.troubles.length, PATIENCE).toBeGreaterThan(0)
    await endsSoon(desk)
    expect(clock.pending).toBe(0)
  },

  'offers nothing when it was ended before it began': async ({ clock, desk, handle, texts }) => {
    await desk.stop()
    desk.watch(handle)
    await endsSoon(desk)
    expect(texts()).toEqual([])
    expect(clock.pending).toBe(0)
  },
}

async function endsSoon(desk: OfferDesk): Promise<void> {
  const startMs = performance.now()
  await desk.stop()
  expect(performance.now() - startMs).toBeLessThan(1_000)
}

/** Watches, sockets and signal listeners that are open in this process. */
function liveResources(): Record<string, number> {
  const live: Record<string, number> = { watches: openWatches(), signals: process.listenerCount('SIGHUP') }
  for (const it of process.getActiveResourcesInfo()) {
    if (/TCPSocket|FileHandle/.test(it)) live[it] = (live[it] ?? 0) + 1
  }
  return live
}
