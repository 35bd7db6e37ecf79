/**
 * A plan as the admin API answers it: what the engine says of the change, and what the plan room saw of it. Kept by its
 * id, so that it can be shown with an approval, and applied as it was planned.
 */
import { type Plan as EnginePlan, type Origin, readableChanges } from '@changeover/reload'
import type { z } from '@hono/zod-openapi'
import { GatewayError } from '../errors.ts'
import type { Refusal, Replay, ReplayAsk } from '../plan/look.ts'
import { newPlanId } from '../plan/plan-shelf.ts'
import type { Looked, LookOptions } from '../plan/planner.ts'
import { MOST_REPLAYED, USUALLY_REPLAYED } from '../plan/planner.ts'
import type { ChangeHint } from './changer.ts'
import type { Plan } from './plan-schemas.ts'
import { problemOfReceipt } from './problem.ts'
import type { AdminRooms } from './rooms.ts'
import { writeInstant } from './write-json.ts'

export type PlanBody = z.output<typeof Plan>

export interface Offered {
  readonly bytes: Uint8Array
  readonly origin: Origin
}

/** Throws `call.cancelled` when `signal` aborts. */
export async function makePlan(rooms: AdminRooms, offered: Offered, options: LookOptions): Promise<PlanBody> {
  const { bytes, origin } = offered
  const plan = await rooms.reloader.plan(bytes, origin)
  const looked = await rooms.planner.look(plan, options).catch((error: unknown) => {
    throw options.signal?.aborted === true ? new GatewayError('call.cancelled', {}, { cause: error }) : error
  })
  const at = rooms.clock.now()
  const id = newPlanId()
  const approvals = rooms.access.desk.needed(plan.changes.map((it) => it.pointer))
  const body = writePlan(plan, looked, { id, at, approvals })
  const { mediaType, source } = origin
  const { asker: _, ...hint } = (origin.hint ?? {}) as ChangeHint
  const canApply = plan.ok && plan.settings !== null && mediaType !== undefined
  rooms.plans.keep({
    id,
    at,
    base: plan.from,
    digest: plan.digest,
    body,
    offer: canApply ? { bytes, mediaType, source, hint } : null,
    applied: null,
    // What changes is kept beside the text, and holds at most what both versions say.
    sizeBytes: bytes.length * 3,
  })
  return body
}

interface Around {
  readonly id: string
  readonly at: number
  readonly approvals: PlanBody['approvals']
}

function writePlan(plan: EnginePlan, looked: Looked, { id, at, approvals }: Around): PlanBody {
  const { ok, from, changes, removed, receipt, digest } = plan
  const { sentences, warnings, replay, trouble } = looked
  return {
    id,
    at: writeInstant(at),
    ok,
    from,
    digest,
    changes: [...changes],
    removed,
    words: readableChanges(changes),
    sentences: [...sentences],
    warnings: [...warnings],
    approvals,
    replay: replay === null ? null : writeReplay(replay),
    replayTrouble: trouble,
    problem: receipt === null ? null : problemOfReceipt(receipt),
    applied: null,
  }
}

function writeReplay({ from, to, refused, admitted, ...rest }: Replay): NonNullable<PlanBody['replay']> {
  return {
    ...rest,
    from: from === null ? null : writeInstant(from),
    to: to === null ? null : writeInstant(to),
    refused: { calls: refused.calls, by: refused.by.map(writeRefusal) },
    admitted: { calls: admitted.calls, by: admitted.by.map(writeRefusal) },
  }
}

function writeRefusal({ lastAt, ...rest }: Refusal) {
  return { ...rest, lastAt: writeInstant(lastAt) }
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `10000`: the newest so many calls; `1h`: those of the last hour; `off`: none. */
export function readReplayAsk(text: string | undefined): ReplayAsk | null {
  if (text === undefined) return { most: USUALLY_REPLAYED, lastMs: null }
  if (text === 'off' || text === '0') return null
  const [, digits = '', unit = ''] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? []
  const number = Number(digits)
  if (digits === '' || number === 0)
    throw new GatewayError('control.bad_request', {
      field: 'replay',
      found: text.slice(0, 40),
      expected: 'a number of calls, a time such as 1h, or off',
    })
  const ms = unitMs[unit]
  return ms === undefined
    ? { most: Math.min(number, MOST_REPLAYED), lastMs: null }
    : { most: MOST_REPLAYED, lastMs: number * ms }
}
