/**
 * Compares two settings of one gateway with each other: two processes of it, one under each, are measured in turn in
 * short pieces; then they change places and are measured once more.
 *
 * In short pieces, because a shared machine drifts by half within seconds. Under settings that stand, because the code that
 * new ones run through is compiled anew in their first seconds, which is what a change costs and not what a request
 * does. In two processes that change places, because two of one build stay apart by a tenth for as long as they live: what
 * V8 compiles, and how, depends on the moment. It does so at each change of place as well, so that what is held to a
 * few hundredths takes several.
 */
import type { Ability, Running } from './candidates/candidate.ts'
import { type Cost, costs, patchFor } from './costs.ts'
import type { Job, Measured, Target } from './load/job.ts'
import { warmUpConnections } from './scenarios.ts'

/** What one of the two processes does meanwhile. */
export interface Side {
  readonly id: string
  /** Each request differs from all others. */
  readonly distinct: boolean
  /** Brings it about; resolves to what ends it. */
  set(running: Running): Promise<() => Promise<void>>
}

export interface Crossing {
  readonly needs: Ability
  readonly base: Side
  readonly other: Side
  /** How often the two are placed, the second time the other way round and so on; an even number. */
  readonly places: number
  /** Pieces of the other side in each place; each stands between two of the base. */
  readonly turns: number
}

export type Measure = (job: Job) => Promise<Measured>

export interface Pace {
  readonly pieceMs: number
  /** Load on each process before the first piece, once its settings stand. */
  readonly settleMs: number
}

/** With half of the requests under a canary, and without. */
const versions: Crossing = {
  needs: 'canary',
  base: { id: 'versions-1', distinct: false, set: async () => nothing },
  other: {
    id: 'versions-2',
    distinct: false,
    set: async (running) => (await running.tryBeside?.()) ?? nothing,
  },
  places: 6,
  turns: 16,
}

/** With one thing that a gateway does beside passing on, and with none. */
function costOf(cost: Cost): Crossing {
  return {
    needs: 'costs',
    base: settings('bare', null),
    other: settings(`cost-${cost.name}`, cost),
    places: cost.isHeld === true ? 4 : 2,
    turns: 12,
  }
}

function settings(id: string, cost: Cost | null): Side {
  const set = async (running: Running): Promise<() => Promise<void>> => {
    // By way of nothing: a merge patch leaves what entries of tenants had before.
    await running.change?.(patchFor(null))
    if (cost !== null) await running.change?.(patchFor(cost))
    return nothing
  }
  return { id, distinct: cost?.distinct === true, set }
}

async function nothing(): Promise<void> {}

/** Those of the costs last: the settings are not those of the others any more. */
export const crossings: readonly Crossing[] = [versions, ...costs.map(costOf)]

/** Gives each piece to `keep`, in the order in which they were measured. */
export async function cross(
  { base, other, places, turns }: Crossing,
  pair: readonly [Running, Running],
  {
    pace,
    measure,
    keep,
  }: { pace: Pace; measure: Measure; keep: (side: Side, measured: Measured, place: number) => void },
): Promise<void> {
  for (let place = 0; place < places; place += 1) {
    const piece = async (side: Side, running: Running): Promise<void> =>
      keep(side, await measure(jobOf(side, running.target, pace.pieceMs)), place)
    const [under, without] = place % 2 === 0 ? pair : ([pair[1], pair[0]] as const)
    const ends = [await base.set(without), await other.set(under)]
    try {
      await settle([side(other, under), side(base, without)], pace, measure)
      await piece(base, without)
      for (let i = 0; i < turns; i += 1) {
        await piece(other, under)
        await piece(base, without)
      }
    } finally {
      for (const end of ends) await end()
    }
  }
}

const side = (it: Side, { target }: Running) => ({ it, target })

/** In turn as well: what waits for one of them is not compiled while the other has the core. */
async function settle(
  sides: readonly ReturnType<typeof side>[],
  pace: Pace,
  measure: Measure,
): Promise<void> {
  for (let doneMs = 0; doneMs < pace.settleMs; doneMs += SETTLE_PIECE_MS)
    for (const { it, target } of sides) await measure(jobOf(it, target, SETTLE_PIECE_MS))
}

const SETTLE_PIECE_MS = 500
/** Until its connections are open. */
const LEAD_MS = 30

function jobOf({ distinct }: Side, target: Target, measureMs: number): Job {
  return { kind: 'closed', target, connections: warmUpConnections, distinct, leadMs: LEAD_MS, measureMs }
}
