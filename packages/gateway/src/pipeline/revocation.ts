/**
 * What becomes of calls that run when their key is withdrawn. New requests are refused from the swap on, by the index of
 * the version in force; those that are pinned to an older version are looked for here, and cut within the time that the
 * settings promise.
 *
 * Asked is always the version in force at the moment of the cut, so a version that was taken back meanwhile, or a
 * candidate that was aborted, cuts nobody. Each swap has a timer of its own: when settings change every few moments, a
 * later one must not put off what an earlier one has withdrawn.
 *
 * Half of the promised time is left to the calls, the other half to a machine that is busy.
 *
 * Not here: who counts as withdrawn (`identity/caller-index.ts`), which calls there are (`server/`).
 */
import type { Clock, Telemetry, Timer } from '@changeover/reload'
import type { Caller, CompiledGateway, CompiledIdentity } from '../contract/compiled.ts'

export interface RevocationOptions {
  readonly clock: Clock
  readonly telemetry: Pick<Telemetry, 'logger'>
  /** Cuts the calls whose caller does not hold any more. Returns how many. */
  cut(holds: (caller: Caller) => boolean): number
}

export interface Revocation {
  /** What serves now. Returns at once. */
  follow(gateway: Pick<CompiledGateway, 'identity' | 'revokedWithin'>): void
  close(): void
}

export function createRevocation({ clock, telemetry, cut }: RevocationOptions): Revocation {
  let inForce: CompiledIdentity | null = null
  const timers = new Set<Timer>()
  const sweep = (): void => {
    const identity = inForce
    if (identity === null || identity.holds === undefined) return
    const nowMs = clock.now()
    const count = cut((caller) => identity.holds?.(caller, nowMs) ?? true)
    if (count === 0) return
    const message = `${count} running call${count === 1 ? ' was' : 's were'} cut: the key was withdrawn`
    telemetry.logger.log({ level: 'info', room: 'identity', message })
  }
  return {
    follow({ identity, revokedWithin }) {
      const isSame = identity === inForce
      inForce = identity
      if (isSame || revokedWithin === 'finish') return
      const timer = clock.after(revokedWithin / 2, () => {
        timers.delete(timer)
        sweep()
      })
      timers.add(timer)
    },
    close() {
      for (const it of timers) it.cancel()
      timers.clear()
    },
  }
}
