/** The published vectors through the whole engine: good ones come in, bad ones are refused and change nothing. */
import { ManualClock } from '@changeover/testkit'
import { describe, expect, it, vi } from 'vitest'
import { SERVICE_KINDS, SERVICE_SCHEMES, serviceIssues } from '../../../../spec/service.ts'
import { readVectorIndex, type VectorContext, vectorBytes } from '../../../../spec/vectors.ts'
import type { ArtifactSource } from '../contract/participant.ts'
import { ENVELOPE_TYPE } from '../contract/payload.ts'
import type { Receipt } from '../contract/receipt.ts'
import type { Reloader } from '../contract/reloader.ts'
import type { TrustPolicy } from '../contract/trust.ts'
import { createReloader } from '../create-reloader.ts'

const index = readVectorIndex()

interface Receiver {
  readonly reloader: Reloader<{ service: null }>
  offer(bytes: Uint8Array, ifMatch?: string | null): Promise<Receipt>
}

/** A receiver in the situation that the vector describes, with everything before applied. */
async function receiver(context: VectorContext): Promise<Receiver> {
  const clock = new ManualClock(Date.parse(context.now))
  const reloader = createReloader<{ service: null }>({
    scope: context.scope,
    instance: context.instance,
    participants: { service: { kinds: SERVICE_KINDS, validate: serviceIssues, prepare: () => null } },
    artifactSources: [sourceOf(context)],
    limits: { ...context.limits, bakeMs: 0 },
    clock,
    ...(context.trust && { trust: trustOf(context.trust) }),
  })
  const offer = async (bytes: Uint8Array, ifMatch: string | null = null): Promise<Receipt> => {
    const origin = { trigger: 'admin_api', source: 'vectors', mediaType: ENVELOPE_TYPE } as const
    const answer = reloader.offer(bytes, ifMatch === null ? origin : { ...origin, ifMatch })
    const seen = vi.fn()
    void answer.then(seen)
    // A fetch that fails waits before it is tried again.
    for (let turn = 0; seen.mock.calls.length === 0 && turn < 200; turn++)
      await clock.advance(turn < 100 ? 0 : 1_000)
    return await answer
  }
  for (const file of context.before)
    expect(await offer(vectorBytes({ file }))).toMatchObject({ outcome: 'applied' })
  expect(reloader.status().applied).toEqual(context.applied)
  return { reloader, offer }
}

function trustOf({ keys, threshold }: NonNullable<VectorContext['trust']>): TrustPolicy {
  return { keys: Object.fromEntries(keys.map((it) => [it, index.keys[it] ?? ''])), threshold }
}

function sourceOf({ artifacts }: VectorContext): ArtifactSource {
  return {
    schemes: SERVICE_SCHEMES,
    async fetch(uri) {
      const text = artifacts[uri] ?? null
      if (text === null) throw new Error('nobody answers')
      return new TextEncoder().encode(text)
    },
  }
}

describe('a good vector', () => {
  it.each(index.good.map((it) => [it.name, it] as const))('comes in: %s', async (_, vector) => {
    const { reloader, offer } = await receiver(vector.context)
    expect(await offer(vectorBytes(vector), vector.context.ifMatch)).toMatchObject({
      outcome: 'applied',
      version: vector.version,
      digest: vector.digest,
      changedParameters: vector.changedParameters,
    })
    // One that begins beside the version in force is not in force yet.
    if (reloader.rollout()?.share !== 1) await reloader.promote(vector.version, { to: 'full' })
    expect(JSON.parse(JSON.stringify(reloader.current()?.settings))).toEqual(vector.settings)
    await reloader.close({ drainMs: 0 })
  })
})

describe('a bad vector', () => {
  it.each(index.bad.map((it) => [it.name, it] as const))(
    'is refused, traced and harmless: %s',
    async (_, vector) => {
      const { reloader, offer } = await receiver(vector.context)
      const before = reloader.current()
      const receipt = await offer(vectorBytes(vector), vector.context.ifMatch)
      expect(receipt).toMatchObject({ outcome: 'refused', status: 'rejected', version: before?.version })
      if (receipt.outcome !== 'refused') throw new Error('not refused')
      const codes = [receipt.code, ...receipt.issues.map((it) => it.code)]
      expect(codes).toContain(vector.code)
      if (vector.pointer !== null) expect(receipt.issues.map((it) => it.pointer)).toContain(vector.pointer)
      expect(reloader.current()).toBe(before)
      const [end] = await reloader.audit({ limit: 1 })
      expect(end).toMatchObject({
        event: 'config.reload.rejected',
        attempt: receipt.attempt,
        reason: receipt.code,
      })
      await reloader.close({ drainMs: 0 })
    },
  )
})
