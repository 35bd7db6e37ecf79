/**
 * A version under construction, beside the one that runs, and owned by its attempt alone.
 *
 * Parts are made in order, each seeing those before it. Whatever goes wrong, `release` gives everything back:
 * parts in reverse order, then what was carried. It does so once, however often and by whomever it is asked,
 * and a part that is finished only after the attempt was given up is let go when it comes.
 *
 * Not here: deadlines and what a failure means (`bring-in.ts`).
 */
import type { PrepareInput } from '../../contract/participant.ts'
import type { SettingsTree } from '../../contract/payload.ts'
import type { Snapshot } from '../../contract/snapshot.ts'
import type { Attributes, Span } from '../../contract/telemetry.ts'
import { isReloadError, ReloadError } from '../../errors.ts'
import { type Core, type NamedParticipant, say } from '../core.ts'
import type { CarryHold } from '../live/carry.ts'
import { Generation, type Parts, type VersionFacts } from '../live/generation.ts'
import { type Leaving, releaseAll } from '../live/release.ts'
import { orAborted } from '../race.ts'
import { codeOf } from '../work.ts'

/** What every participant is given, and what the engine adds for each. */
export type BuildInput = Omit<PrepareInput, 'parts' | 'carry'>

interface Made extends NamedParticipant {
  readonly part: unknown
}

export class Shadow {
  /** The participant that is being waited for. */
  waitsFor = ''
  private readonly core: Core
  private readonly hold: CarryHold
  private readonly made: Made[] = []
  private released: Promise<void> | null = null

  constructor(core: Core) {
    this.core = core
    this.hold = core.shelf.open()
  }

  async prepare(input: BuildInput): Promise<void> {
    for (const named of this.core.participants) {
      input.signal.throwIfAborted()
      this.waitsFor = named.name
      const part = await this.prepareOne(named, this.inputFor(input))
      this.made.push({ ...named, part })
    }
  }

  /** All checks at once: they mostly wait for others. The first that fails decides. */
  async check(input: BuildInput, parent: Span): Promise<void> {
    const waiting = new Set<string>()
    const checks = this.made.map(async ({ name, participant, part }) => {
      if (participant.check === undefined) return
      waiting.add(name)
      this.waitsFor = firstOf(waiting)
      await this.checkOne(
        name,
        async (span) => participant.check?.(part, this.inputFor({ ...input, span })),
        {
          signal: input.signal,
          version: input.version,
          parent,
        },
      )
      waiting.delete(name)
      this.waitsFor = firstOf(waiting)
    })
    await Promise.all(checks)
  }

  /** What each part wants to say about the change. Nothing that is thrown here matters. */
  describe(previous: Parts | null): Attributes {
    const said: Record<string, Attributes[string]> = {}
    for (const { name, participant, part } of this.made) {
      try {
        Object.assign(said, participant.describe?.(part, previous?.[name] ?? null))
      } catch (error) {
        say(this.core.telemetry, 'error', `"${name}" could not describe its change`, { error })
      }
    }
    return said
  }

  /** The finished version, frozen. From here on the generation lets go of it. */
  become(
    facts: VersionFacts,
    rest: { settings: SettingsTree; swap: Snapshot<Parts>['swap']; since: number },
  ): Generation {
    const { version, digest, manifest } = facts
    const { author, reason, serveTtlMs } = manifest
    const said = { version, digest, author, reason, serveTtlMs }
    const snapshot = Object.freeze({ ...said, ...rest, parts: this.parts() })
    return new Generation(snapshot, facts, this)
  }

  /** Tells the parts that they serve. */
  committed(): void {
    for (const { name, participant, part } of this.made) {
      try {
        participant.committed?.(part)
      } catch (error) {
        say(this.core.telemetry, 'error', `"${name}" threw when told of the swap; it serves`, { error })
      }
    }
  }

  /** Gives everything back. Never rejects. */
  release(): Promise<void> {
    this.released ??= this.releaseOnce()
    return this.released
  }

  private async prepareOne(named: NamedParticipant, input: PrepareInput): Promise<unknown> {
    const { name, participant } = named
    const making = (async () => participant.prepare(input))()
    try {
      return await orAborted(making, input.signal, (part) => void this.free([leaving({ ...named, part })]))
    } catch (error) {
      if (input.signal.aborted && error === input.signal.reason) throw error
      throw failure('prepare.failed', { participant: name, version: input.version }, error)
    }
  }

  private async checkOne(
    name: string,
    run: (span: Span) => Promise<void>,
    options: { signal: AbortSignal; version: string; parent: Span },
  ): Promise<void> {
    const { signal, version, parent } = options
    const span = this.core.telemetry.tracer.start('reload.health_check', {
      parent: parent.context,
      attributes: { 'reload.probe.name': name },
    })
    try {
      await orAborted(run(span), signal)
    } catch (error) {
      const isAborted = signal.aborted && error === signal.reason
      const known = isAborted ? error : failure('warmup.failed', { participant: name, version }, error)
      span.fail(codeOf(known), known)
      throw known
    } finally {
      span.end()
    }
  }

  private inputFor(input: BuildInput): PrepareInput {
    return { ...input, parts: this.parts(), carry: this.hold }
  }

  private parts(): Readonly<Parts> {
    return Object.freeze(Object.fromEntries(this.made.map((it) => [it.name, it.part])))
  }

  private async releaseOnce(): Promise<void> {
    await this.free(this.made.toReversed().map(leaving))
    const unheld = this.hold.giveBack()
    await this.free(unheld.map((it) => ({ what: it.key, free: () => it.free() })))
  }

  private free(leaving: readonly Leaving[]): Promise<void> {
    const { clock, telemetry } = this.core
    return releaseAll(leaving, clock, (what, error) => {
      telemetry.meter.add('reload.release.failures', 1)
      say(telemetry, 'error', `"${what}" could not be let go`, { error })
    })
  }
}

function leaving({ name, participant, part }: Made): Leaving {
  return { what: name, free: () => participant.release?.(part) }
}

/** What a participant threw, under our own code; its issues go along, its text stays in the cause. */
function failure(
  code: 'prepare.failed' | 'warmup.failed',
  details: { participant: string; version: string },
  cause: unknown,
): ReloadError {
  const issues = isReloadError(cause) ? cause.issues : []
  return new ReloadError(code, details, { cause, issues })
}

function firstOf(names: ReadonlySet<string>): string {
  return names.values().next().value ?? ''
}
