import type { Handle, HandleTrouble, Offer, Origin, Receipt } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import type { Changer } from '../control/changer.ts'
import type { OwnSettings } from '../control/settings-source.ts'
import { withoutStaleOffers } from './stale-offers.ts'

type Watched = Parameters<typeof withoutStaleOffers>[0]

const origin: Origin = { trigger: 'file', source: 'changeover.yaml' }
const trouble: HandleTrouble = { source: 'changeover.yaml', code: 'handle.read_failed', message: 'gone' }
const taken = {
  outcome: 'unchanged',
  attempt: 'rl_1',
  traceId: '',
  reason: 'already_applied',
  version: '1.1',
} as const
const known: Receipt = { ...taken, attempt: '' }
const refused: Receipt = {
  outcome: 'refused',
  attempt: 'rl_2',
  traceId: '',
  status: 'rejected',
  code: 'validate.refused',
  message: 'no',
  issues: [],
  version: null,
  retry: false,
}

const own = { mediaType: 'application/yaml' } as OwnSettings

/** A handle that does what it is told to, one after the other: reads, or finds trouble. */
function place(own: OwnSettings | null, does: readonly ('read' | 'trouble')[]): Watched {
  const handle: Handle = {
    kind: 'file',
    source: 'changeover.yaml',
    async watch(offer, _signal, report) {
      for (const it of does) {
        if (it === 'trouble') report(trouble)
        else await offer(Buffer.from('text'), origin)
      }
    },
  }
  const source = { kind: 'file', place: 'changeover.yaml', own }
  return { handle, source }
}

interface Seen {
  offers: number
  troubles: number
  again: (boolean | undefined)[]
}

async function watch(it: Watched, offerRead: Changer['offerRead']): Promise<Seen> {
  const seen: Seen = { offers: 0, troubles: 0, again: [] }
  const offer: Offer = () => {
    seen.offers++
    return Promise.resolve(taken)
  }
  const changer = {
    offerRead: (...asked: Parameters<Changer['offerRead']>) => {
      seen.again.push(asked[2])
      return offerRead(...asked)
    },
  }
  const report = () => void seen.troubles++
  await withoutStaleOffers(it, changer).watch(offer, new AbortController().signal, report)
  return seen
}

describe('a reading of the own file', () => {
  it('becomes an offer when the changer lets it', async () => {
    const seen = await watch(place(own, ['read']), (_bytes, offer) => offer())
    expect(seen).toEqual({ offers: 1, troubles: 0, again: [false] })
  })

  it('becomes none when the changer knows the answer', async () => {
    const seen = await watch(place(own, ['read']), () => Promise.resolve(known))
    expect(seen).toEqual({ offers: 0, troubles: 0, again: [false] })
  })

  it('asks for an offer after a trouble, once', async () => {
    const seen = await watch(place(own, ['trouble', 'read', 'read']), (_bytes, offer, again) =>
      again === true ? offer() : Promise.resolve(known),
    )
    expect(seen).toEqual({ offers: 1, troubles: 1, again: [true, false] })
  })

  it('asks for an offer after a refusal, until it is not refused', async () => {
    const answers = [refused, taken, known]
    const seen = await watch(place(own, ['read', 'read', 'read']), () =>
      Promise.resolve(answers.shift() ?? known),
    )
    expect(seen.again).toEqual([false, true, false])
  })

  it('is none of our business where the source is not ours', async () => {
    const seen = await watch(place(null, ['read']), () => Promise.resolve(known))
    expect(seen).toEqual({ offers: 1, troubles: 0, again: [] })
  })
})
