/** A toy with measures, a candidate beside what serves, and traffic that says how it went. For tests of rollouts. */
import type { Applied, Receipt } from '../contract/receipt.ts'
import type { MeasureSpec, RolloutPolicy, RolloutStatus, UnitSource } from '../contract/rollout.ts'
import { byHand, Toy, treeOf, type Wish } from './test-toy.ts'

export const MEASURES: readonly [MeasureSpec] = [
  { name: 'error_rate', kind: 'proportion', worse: 'higher', tolerance: 0.1, minSamples: 50, guard: true },
]

export const CANARY: RolloutPolicy = {
  strategy: 'canary',
  unit: 'tenant',
  steps: [
    { share: 0.1, forMs: 10_000 },
    { share: 0.5, forMs: 10_000 },
  ],
  analysis: { everyMs: 1_000, extendMs: 5_000 },
  bakeMs: 2_000,
}

export const tenant = (name: string): UnitSource => ({ unitId: () => name })

export function applied(receipt: Receipt): Applied {
  if (receipt.outcome !== 'applied') throw new Error(`was ${receipt.outcome}, expected applied`)
  return receipt
}

export class Stage {
  readonly toy: Toy

  constructor(options: ConstructorParameters<typeof Toy>[0] = {}) {
    this.toy = new Toy({ measures: MEASURES, ...options })
  }

  /** A toy with a confirmed version and the next one on trial. */
  static async with(
    rollout: RolloutPolicy,
    options: ConstructorParameters<typeof Toy>[0] = {},
  ): Promise<Stage> {
    const stage = new Stage(options)
    await stage.baseline()
    applied(await stage.publish({ mark: 2 }, rollout))
    return stage
  }

  async baseline(): Promise<void> {
    await this.toy.change({ mark: 1 })
    await this.toy.advance(1_000)
  }

  async publish(wish: Wish, rollout: RolloutPolicy, origin = byHand): Promise<Receipt> {
    return await this.toy.answer(this.toy.reloader.publish({ settings: treeOf(wish), rollout }, origin))
  }

  get rollout(): RolloutStatus {
    const rollout = this.toy.reloader.rollout()
    if (rollout === null) throw new Error('no rollout')
    return rollout
  }

  /** So many requests of as many tenants; `fails` says which versions fail. Returns how many each version had. */
  traffic(requests: number, fails: (version: string) => boolean = () => false): Record<string, number> {
    const seen: Record<string, number> = {}
    for (let i = 0; i < requests; i++) {
      const pin = this.toy.reloader.acquire(tenant(`t${i}`))
      const { version } = pin.snapshot
      seen[version] = (seen[version] ?? 0) + 1
      pin.arm?.add(0, fails(version) ? 1 : 0)
      pin.release()
    }
    return seen
  }

  /** Time with good traffic in every second. */
  async wellFor(ms: number, requests = 2_000): Promise<void> {
    for (let past = 0; past < ms; past += 1_000) {
      this.traffic(requests)
      await this.toy.advance(1_000)
    }
  }
}
