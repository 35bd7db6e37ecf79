/**
 * Processes that are killed at every step by which they write, and come back.
 *
 * The short version by default; `CHANGEOVER_KILLS=200` is the one that the promise names. Which steps are hit is drawn
 * from seeds, seldom ones first; what is asserted is in `kill/ledger.ts` and `kill/gateway-history.ts`.
 */
import { describe, expect, it } from 'vitest'
import { gatewayLivesThrough } from './kill/gateway-history.ts'
import { type HistoryOptions, liveThrough, Toll } from './kill/history.ts'

const KILLS = Number(process.env['CHANGEOVER_KILLS'] ?? 80)
const GATEWAY_SHARE = 0.25
const timeout = 20_000 + KILLS * 3_000

/** Histories, two at a time, until there have been that many kills. Resolves to what was broken. */
async function kill(
  most: number,
  lives: number,
  history: (options: HistoryOptions) => Promise<readonly string[]>,
): Promise<{ toll: Toll; broken: readonly string[] }> {
  const toll = new Toll()
  const broken: string[] = []
  let seed = 0
  const lane = async (): Promise<void> => {
    while (toll.total < most) {
      seed += 1
      broken.push(...(await history({ seed, lives: Math.min(lives, Math.ceil(most / 2)), toll })))
    }
  }
  await Promise.all([lane(), lane()])
  return { toll, broken }
}

function summary({ total, kills, versions, quarantined }: Toll): string {
  return `${total} kills at ${kills.size} distinct steps, ${versions.size} versions, ${quarantined.size} quarantined`
}

describe('killed at every step by which it writes', { timeout }, () => {
  it('a service that embeds the engine comes back on one version that had been confirmed', async () => {
    const { toll, broken } = await kill(Math.round(KILLS * (1 - GATEWAY_SHARE)), 10, liveThrough)
    console.log(`embedded engine: ${summary(toll)}`)
    expect(broken).toEqual([])
    expect(toll.quarantined.size).toBeGreaterThan(0)
  })

  it('a whole gateway comes back on one version, and its file and its answers agree', async () => {
    const { toll, broken } = await kill(Math.round(KILLS * GATEWAY_SHARE), 8, gatewayLivesThrough)
    console.log(`gateway: ${summary(toll)}`)
    expect(broken).toEqual([])
  })
})
