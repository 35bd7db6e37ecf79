/**
 * The last plans, by id, in memory: for an approval that shows one, and for applying exactly what was planned.
 *
 * Invariant: bounded in number and in bytes. A plan is a look at one moment and is not worth a file: after a restart
 * it is made again. What would have been refused cannot be applied, so its bytes are not kept either: they may hold
 * anything, a secret written down by mistake among it.
 */
import { randomBytes } from 'node:crypto'

export interface KeptPlan<Body> {
  /** `pl_…` */
  readonly id: string
  /** Wall milliseconds. */
  readonly at: number
  /** Version that it was worked out against; `null` with nothing in force. */
  readonly base: string | null
  /** Of the settings that would be in force; empty when it would be refused. */
  readonly digest: string
  /** As it was answered. */
  readonly body: Body
  /** What was offered, to be offered again; `null` when it would be refused. */
  readonly offer: PlannedOffer | null
  /** The reload that offered it, when it was applied by its id. */
  readonly applied: string | null
  /** About what it takes to keep it. */
  readonly sizeBytes: number
}

export interface PlannedOffer {
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly source: string
  /** What was said beside it, such as that it may remove much; of whoever planned it nothing. */
  readonly hint: Readonly<Record<string, unknown>>
}

export interface PlanShelf<Body> {
  /** One that is larger than all of the shelf is not kept. */
  keep(plan: KeptPlan<Body>): void
  /** It was offered by this reload. */
  apply(id: string, attempt: string): void
  find(id: string): KeptPlan<Body> | null
  /** Newest first. */
  list(): readonly KeptPlan<Body>[]
}

export const newPlanId = (): string => `pl_${randomBytes(9).toString('base64url')}`

const mostPlans = 50
const mostBytes = 32 * 1024 * 1024

export function createPlanShelf<Body>(): PlanShelf<Body> {
  const plans = new Map<string, KeptPlan<Body>>()
  const sum = (): number => [...plans.values()].reduce((all, it) => all + it.sizeBytes, 0)
  return {
    keep(plan) {
      if (plan.sizeBytes > mostBytes) return
      plans.set(plan.id, plan)
      for (const [oldest] of plans) {
        if (plans.size <= mostPlans && sum() <= mostBytes) break
        plans.delete(oldest)
      }
    },
    apply(id, attempt) {
      const plan = plans.get(id)
      if (plan !== undefined) plans.set(id, { ...plan, applied: attempt })
    },
    find: (id) => plans.get(id) ?? null,
    list: () => [...plans.values()].toReversed(),
  }
}
