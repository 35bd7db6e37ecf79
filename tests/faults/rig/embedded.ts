/**
 * A service that embeds the engine, in the process of the test: on a disk that can fail and a clock that is held in
 * the hand. Two parts hold the same marker, so that a snapshot of two versions would show.
 */
import {
  createReloader,
  fileStore,
  type Origin,
  type Participant,
  type ProcessTable,
  type Receipt,
  type Reloader,
  type ReloaderLimits,
  type SettingsTree,
} from '@changeover/reload'
import { type FaultyDisk, ManualClock } from '@changeover/testkit'

interface Part {
  readonly marker: string
}
type Parts = { readonly routing: Part; readonly limits: Part }

export const byHand: Origin = { trigger: 'admin_api', source: 'test', actor: 'user:ann' }
export const byFile: Origin = { trigger: 'file', source: 'settings.json' }
export const SCOPE = 'faults/embedded'

export function settingsOf(marker: string): SettingsTree {
  return { routing: { main: { marker } }, limits: { main: { marker } } }
}

export interface EmbeddedOptions {
  readonly disk: FaultyDisk
  readonly clock?: ManualClock
  /** Each life of the disk is a process of its own. */
  readonly life?: number
  readonly limits?: Partial<ReloaderLimits>
}

export class Embedded {
  readonly clock: ManualClock
  readonly reloader: Reloader<Parts>

  constructor({ disk, clock = new ManualClock(), life = 1, limits = {} }: EmbeddedOptions) {
    this.clock = clock
    const store = fileStore('/state', { files: disk.mount(), processes: processOf(life) })
    this.reloader = createReloader<Parts>({
      scope: SCOPE,
      instance: 'embedded',
      clock,
      store,
      participants: { routing: participant('routing'), limits: participant('limits') },
      limits: { bakeMs: 1_000, ...limits },
    })
  }

  async start(): Promise<this> {
    await this.done(this.reloader.start())
    return this
  }

  /** Offers settings, and lets everything happen that needs no more time than a file waits for. */
  async offer(marker: string, origin: Origin = byHand): Promise<Receipt> {
    const bytes = Buffer.from(JSON.stringify(settingsOf(marker)))
    return await this.done(this.reloader.offer(bytes, origin))
  }

  /** Offers, and waits until it has been confirmed. */
  async confirmed(marker: string): Promise<Receipt> {
    const receipt = await this.offer(marker)
    await this.advance(1_000)
    return receipt
  }

  /** The marker of what serves; two of them would be a torn snapshot. */
  get serving(): string | null {
    if (this.reloader.current() === null) return null
    const pin = this.reloader.acquire()
    const { routing, limits } = pin.snapshot.parts
    pin.release()
    return routing.marker === limits.marker ? routing.marker : `${routing.marker} and ${limits.marker}`
  }

  /** Time goes by, and what it wakes comes to rest. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms)
    for (let turn = 0; turn < 30; turn += 1) await this.clock.advance(0)
  }

  /** The result, however little time it takes. */
  async done<T>(work: Promise<T>): Promise<T> {
    const state = { isDone: false }
    const end = (): void => {
      state.isDone = true
    }
    work.then(end, end)
    for (let turn = 1; turn <= 400 && !state.isDone; turn += 1) {
      await this.clock.advance(turn % 40 === 0 ? 50 : 0)
    }
    return await work
  }
}

function participant(kind: 'routing' | 'limits'): Participant<Part> {
  return {
    kinds: [kind],
    prepare: ({ settings }) => ({ ...(settings[kind]?.['main'] as unknown as Part) }),
  }
}

function processOf(life: number): ProcessTable {
  const self = { pid: 100 + life, started: 'boot' }
  return { self, find: (pid) => (pid === self.pid ? self : null) }
}
