/**
 * All generations that are alive, and the end of each.
 *
 * A generation is let go when no pointer holds it and no pin does, or when its time to drain is over: then
 * its pins are cut. It is released exactly once. The shadow of an attempt in work is not in here: it belongs
 * to its attempt until the commit, so that nothing that happens to other versions can touch it.
 *
 * There may be only so many. Where that is reached, the next reload waits for one to drain, or has the oldest
 * cut; the number is never exceeded, except by one for what restores an older version.
 */
import type { Timer } from '../../contract/clock.ts'
import type { Span, SpanContext } from '../../contract/telemetry.ts'
import { ReloadError } from '../../errors.ts'
import { type Core, say } from '../core.ts'
import { deadline, orAborted } from '../race.ts'
import type { Generation } from './generation.ts'

export interface DrainPolicy {
  readonly mode: 'finish' | 'cut'
  readonly timeoutMs: number
}

interface Draining {
  readonly span: Span
  timer: Timer | null
  cut: number
}

export class Generations {
  private readonly core: Pick<Core, 'cell' | 'limits' | 'clock' | 'telemetry'>
  /** Oldest first. */
  private readonly alive = new Map<Generation, Draining | null>()
  private readonly leaving = new Map<Generation, Promise<void>>()
  private gone: (() => void)[] = []

  constructor(core: Pick<Core, 'cell' | 'limits' | 'clock' | 'telemetry'>) {
    this.core = core
  }

  get all(): readonly Generation[] {
    return [...this.alive.keys()]
  }

  get size(): number {
    return this.alive.size
  }

  add(generation: Generation): void {
    generation.onUnpinned = (it) => this.consider(it)
    this.alive.set(generation, null)
  }

  /** A pointer has left it: it drains, unless another pointer still holds it. */
  retire(generation: Generation, policy: DrainPolicy, trace: SpanContext | null): void {
    if (this.core.cell.holds(generation) || this.alive.get(generation) !== null) return
    const { clock, telemetry } = this.core
    const attributes = { 'config.version': generation.ref.version, 'reload.drain.pinned': generation.pins }
    const span = telemetry.tracer.start('reload.drain', { parent: trace, attributes })
    const draining: Draining = { span, timer: null, cut: 0 }
    this.alive.set(generation, draining)
    if (generation.pins === 0) return this.letGo(generation)
    if (policy.mode === 'cut') return this.cut(generation)
    draining.timer = clock.after(policy.timeoutMs, () => this.cut(generation))
  }

  /** Resolves when one more generation may be made. Rejects when that takes too long, or with the signal. */
  async room(signal: AbortSignal, mayExceed: boolean): Promise<void> {
    const { limits, clock } = this.core
    const limit = limits.generations + (mayExceed ? 1 : 0)
    if (this.alive.size < limit) return
    const late = (): Error => new ReloadError('reload.generations', { live: this.alive.size, limit })
    this.sayFull(limit)
    const patience = deadline(clock, signal, { ms: limits.warmupMs, late })
    try {
      while (this.alive.size >= limit) {
        if (limits.atGenerationCap === 'cut') this.cutOldest()
        if (this.alive.size < limit) return
        await orAborted(new Promise<void>((resolve) => this.gone.push(resolve)), patience.signal)
      }
    } finally {
      patience.done()
    }
  }

  /** Everything drains, for at most so long; then everything is released. */
  async end(drainMs: number): Promise<void> {
    for (const it of this.all) this.retire(it, { mode: 'finish', timeoutMs: drainMs }, null)
    const cutAll = (): void => {
      for (const it of this.all) this.cut(it)
    }
    // Those that drain already may have a later deadline of their own.
    const timer = drainMs > 0 ? this.core.clock.after(drainMs, cutAll) : null
    if (timer === null) cutAll()
    while (this.alive.size > 0) await new Promise<void>((resolve) => this.gone.push(resolve))
    timer?.cancel()
  }

  /** Before it is waited for: a reload that stands still for seconds must not look like one that is lost. */
  private sayFull(limit: number): void {
    const draining = this.all.filter((it) => this.alive.get(it) !== null)
    const held = draining.map((it) => `${it.ref.version} (${it.pins})`).join(', ')
    const wayOut =
      this.core.limits.atGenerationCap === 'cut'
        ? 'the oldest is cut'
        : 'the reload waits for one of them to drain'
    say(
      this.core.telemetry,
      'warn',
      `${this.alive.size} versions are alive, ${limit} may be; requests hold ${held}: ${wayOut}`,
    )
  }

  private consider(generation: Generation): void {
    if (this.alive.get(generation) != null) this.letGo(generation)
  }

  private cutOldest(): void {
    for (const [it, draining] of this.alive) {
      if (draining !== null && !this.leaving.has(it)) return this.cut(it)
    }
  }

  private cut(generation: Generation): void {
    const draining = this.alive.get(generation)
    if (draining == null || this.leaving.has(generation)) return
    draining.cut = generation.pins
    generation.cut((error) => {
      say(this.core.telemetry, 'error', 'a holder of a cut version threw', {
        error,
        span: draining.span.context,
      })
    })
    // The last pin that was let go has let the generation go; without pins nobody has.
    this.letGo(generation)
  }

  private letGo(generation: Generation): void {
    const draining = this.alive.get(generation)
    if (draining == null || this.leaving.has(generation)) return
    draining.timer?.cancel()
    generation.onUnpinned = null
    this.leaving.set(generation, this.release(generation, draining))
  }

  private async release(generation: Generation, { span, cut }: Draining): Promise<void> {
    // A turn later: whoever let go of the last pin, or was cut, is still on the stack.
    await Promise.resolve()
    await generation.release()
    span.set({ 'reload.drain.cut': cut })
    span.end()
    this.alive.delete(generation)
    this.leaving.delete(generation)
    for (const wake of this.gone.splice(0)) wake()
  }
}
