import type { Handle, Offer, Origin, Receipt } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import type { Changer } from '../control/changer.ts'
import type { SettingsPlace } from './settings-place.ts'
import { withoutStaleOffers } from './stale-offers.ts'

const origin: Origin = { trigger: 'file', source: 'changeover.yaml' }
const taken = {
  outcome: 'unchanged',
  attempt: 'rl_1',
  traceId: '',
  reason: 'already_applied',
  version: '1.1',
} as const

/** A handle that offers what it is told to. */
function place(ownFile: string | null, answers: Receipt[]): SettingsPlace {
  const handle: Handle = {
    kind: 'file',
    source: 'changeover.yaml',
    watch: async (offer) => void answers.push(await offer(Buffer.from('text'), origin)),
  }
  const source = { kind: 'file', place: 'changeover.yaml', ownFile }
  return { handle, source, again: null, isNew: false, nameOf: (path) => path }
}

async function offered(
  ownFile: string | null,
  isStillThere: () => Promise<boolean>,
): Promise<readonly [string, number]> {
  const answers: Receipt[] = []
  let offers = 0
  const offer: Offer = () => {
    offers++
    return Promise.resolve(taken)
  }
  const changer = { isStillThere } as unknown as Changer
  const handle = withoutStaleOffers(place(ownFile, answers), changer)
  await handle.watch(offer, new AbortController().signal, () => undefined)
  return [answers[0]?.outcome ?? '', offers]
}

describe('an offer of the file', () => {
  it('goes on while the file holds it, and when that cannot be known', async () => {
    expect(await offered('/a', () => Promise.resolve(true))).toEqual(['unchanged', 1])
    expect(await offered('/a', () => Promise.reject(new Error('EIO')))).toEqual(['unchanged', 1])
  })

  it('is dropped when a change was written into the file meanwhile', async () => {
    expect(await offered('/a', () => Promise.resolve(false))).toEqual(['superseded', 0])
  })

  it('is none of our business where the source is not ours', async () => {
    expect(await offered(null, () => Promise.resolve(false))).toEqual(['unchanged', 1])
  })
})
