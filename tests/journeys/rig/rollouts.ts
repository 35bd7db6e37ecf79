/** Waiting for a rollout from outside, as an operator's script would: by asking the admin API. */
import type { Operations } from '@changeover/sdk'
import type { Gateway } from './gateway.ts'
import { until } from './until.ts'

export type Rollout = NonNullable<Operations['readRollout']['answer']['rollout']>

const OVER: ReadonlySet<string> = new Set(['complete', 'aborted', 'rolled_back', 'superseded'])

export async function readRollout(gateway: Gateway): Promise<Rollout | null> {
  return (await gateway.admin.ask('readRollout')).rollout
}

/** The rollout after the one by this attempt, as soon as it has begun. */
export function begunAfter(gateway: Gateway, attempt: string | null): Promise<Rollout> {
  const found = async () => {
    const rollout = await readRollout(gateway)
    return rollout !== null && rollout.attempt !== attempt ? rollout : null
  }
  return until(found, { what: 'a rollout', timeoutMs: 30_000 })
}

/** How it ended. */
export async function endOf(gateway: Gateway, { attempt, version }: Rollout): Promise<Rollout> {
  let last: Rollout | null = null
  const found = async () => {
    last = await readRollout(gateway)
    return last?.attempt === attempt && OVER.has(last.state) ? last : null
  }
  return until(found, { what: `the end of the rollout of ${version}`, timeoutMs: 120_000 }).catch(
    (error: unknown) => {
      throw new Error(`it stands so: ${JSON.stringify(last, null, 1)}`, { cause: error })
    },
  )
}

/** Seconds from the first share to the end. */
export function secondsOf({ history }: Rollout): number {
  const [first, last] = [history.at(0), history.at(-1)]
  return (Date.parse(last?.at ?? '') - Date.parse(first?.at ?? '')) / 1000
}
