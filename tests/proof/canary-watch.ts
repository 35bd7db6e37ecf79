/**
 * What a rollout promises to units, watched from outside: in every microtask some unit asks for a version, and what it
 * gets is held against what it and the others got before.
 */
import type {
  Pin,
  Reloader,
  ReloaderStatus,
  RolloutMove,
  RolloutStatus,
  UnitSource,
} from '@changeover/reload'
import type { Parts } from './world.ts'

export const UNITS = Array.from({ length: 48 }, (_, i) => `unit ${i}`)
export const MEASURES = [
  {
    name: 'error_rate',
    kind: 'proportion',
    worse: 'higher',
    tolerance: 0.1,
    minSamples: 40,
    guard: true,
  },
] as const

const unitOf = (name: string): UnitSource => ({ unitId: () => name })
const OVER = new Set(['complete', 'aborted', 'rolled_back', 'superseded'])

export function isGoing(rollout: RolloutStatus | null): rollout is RolloutStatus {
  return rollout !== null && !OVER.has(rollout.state) && rollout.state !== 'scheduled'
}

/** Beside the version in force, and judged by data: not at full traffic, not by the clock alone. */
export function isBeside(rollout: RolloutStatus | null): rollout is RolloutStatus {
  return isGoing(rollout) && rollout.state !== 'baking'
}

/** What a rollout is called that a person forced. */
export const BY_HAND = 'rollout by hand'

export class CanaryWatch {
  readonly broken: string[] = []
  /** Why nothing may change now. */
  freeze: string | null = null
  /** Candidate's requests that said how they went, by rollout. */
  private readonly fed = new Map<string, number>()
  /** Units that were given the candidate of the rollout that goes on. */
  private joined = new Set<string>()
  private rollout: string | null = null
  private next = 0
  private seenMoves: readonly RolloutMove[] = []
  private frozenSince: { readonly share: number; readonly id: string } | null = null

  /** The process has gone: what was seen in it binds nobody. */
  forget(): void {
    this.joined.clear()
    this.fed.clear()
    this.rollout = null
    this.seenMoves = []
    this.frozenSince = null
  }

  /** One unit asks, at this instant. The pin is handed on and has to be let go. */
  ask(reloader: Reloader<Parts>, name = this.nextUnit()): Pin<Parts> {
    const pin = reloader.acquire(unitOf(name))
    this.look(seenOf(reloader), name, pin)
    return pin
  }

  /** Requests of all units; of each side, one in so many fails, and none at 0. */
  traffic(reloader: Reloader<Parts>, fails: { candidate: number; others: number }): void {
    const count = { candidate: 0, others: 0 }
    // All within one synchronous go: nothing moves between them.
    const seen = seenOf(reloader)
    for (const name of UNITS) {
      const pin = reloader.acquire(unitOf(name))
      this.look(seen, name, pin)
      const isCandidate = pin.role === 'candidate'
      const side = isCandidate ? 'candidate' : 'others'
      count[side] += 1
      const isBad = fails[side] > 0 && count[side] % fails[side] === 0
      if (isCandidate && pin.rollout !== null && pin.arm !== null) {
        this.fed.set(pin.rollout, (this.fed.get(pin.rollout) ?? 0) + 1)
      }
      pin.arm?.add(0, isBad ? 1 : 0)
      pin.release()
    }
  }

  /** I25: what moved on by itself had something to go by, and nothing that was not forced moved on during a freeze. */
  moves(rollout: RolloutStatus | null, isForced: boolean): string[] {
    if (rollout === null) return []
    const isSame = this.seenMoves[0] !== undefined && this.seenMoves[0].at === rollout.history[0]?.at
    const news = rollout.history.slice(isSame ? this.seenMoves.length : 0)
    this.seenMoves = rollout.history
    const first = rollout.history[0]
    return news.flatMap((it) => {
      const isOn = it !== first && (it.state === 'baking' || (it.step ?? 0) > 0) && it.state !== 'complete'
      const isByItself = it.by === null && (it.state === 'baking' || it.state === 'running')
      const isJudged = rollout.strategy === 'canary' || rollout.strategy === 'shadow'
      const isResumed = it.state === 'running' && it.share === shareBefore(rollout.history, it)
      if (!isOn || !isByItself || !isJudged || isResumed) return []
      const broken: string[] = []
      if ((this.fed.get(rollout.id) ?? 0) < MEASURES[0].minSamples) {
        broken.push(`brokeI25: ${rollout.version} went on to ${it.share} and nothing was known of it`)
      }
      if (this.freeze !== null && this.frozenSince?.id === rollout.id && !isForced) {
        broken.push(`brokeFreeze: ${rollout.version} went on to ${it.share} during a freeze`)
      }
      return broken
    })
  }

  frozen(reason: string | null, rollout: RolloutStatus | null): void {
    this.freeze = reason
    this.frozenSince = rollout === null ? null : { share: rollout.share, id: rollout.id }
  }

  private nextUnit(): string {
    this.next += 1
    return UNITS[this.next % UNITS.length] ?? ''
  }

  private look({ status, rollout }: Seen, name: string, { snapshot, role, rollout: id }: Pin<Parts>): void {
    const { applied, candidate } = status
    if (snapshot.digest !== applied?.digest && snapshot.digest !== candidate?.digest) {
      this.broken.push(
        `brokeI17: ${name} runs under ${snapshot.version}, which is neither in force nor on trial`,
      )
    }
    if (!isGoing(rollout)) {
      if (role === 'candidate')
        this.broken.push(`brokeI24: ${name} is given a candidate that nobody rolls out`)
      return
    }
    if (rollout.id !== this.rollout) {
      this.rollout = rollout.id
      this.joined = new Set()
    }
    const isIn = snapshot.digest === rollout.id
    if (isIn && rollout.share === 0)
      this.broken.push(`brokeShadow: ${name} is answered by ${snapshot.version}`)
    if (id !== null && isIn !== (role === 'candidate') && rollout.share < 1) {
      this.broken.push(`brokeI24: ${name} is called ${role} and runs under ${snapshot.version}`)
    }
    if (!isIn && this.joined.has(name)) {
      this.broken.push(`brokeI24: ${name} was in the cohort of ${rollout.version} and is not any more`)
    }
    if (isIn) this.joined.add(name)
  }
}

/** How things stand at this instant. */
interface Seen {
  readonly status: ReloaderStatus
  readonly rollout: RolloutStatus | null
}

function seenOf(reloader: Reloader<Parts>): Seen {
  return { status: reloader.status(), rollout: reloader.rollout() }
}

function shareBefore(history: readonly RolloutMove[], move: RolloutMove): number | undefined {
  return history[history.indexOf(move) - 1]?.share
}
