/**
 * Case 30 of the list of forty, as far as it can come up here: no setting says where the admin API is, so no commit can move
 * it to an address that is in use. What stops answering for another reason is the watch of a trial's (`watch-trials.test.ts`).
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { settings, TriedGateway, toOther } from './test-rollouts.ts'

let tried: TriedGateway

beforeEach(async () => {
  tried = new TriedGateway()
  await tried.start(settings())
})
afterEach(async () => {
  await tried.stop()
})

const isWell = async (): Promise<boolean> => (await fetch(`${tried.running.adminUrl}/healthz`)).ok

describe('30 the address of the admin API', () => {
  it.each(['admin', 'server', 'adminPort', 'listen'])(
    'is moved by no setting: "%s" is refused, and it answers where it did',
    async (section) => {
      const { port } = new URL(tried.running.adminUrl)
      const answer = await tried.patch({ [section]: { port: Number(port) + 1 } }, '')
      expect(answer.status, JSON.stringify(answer.body)).toBe(422)
      expect([await isWell(), await tried.answering()]).toEqual([true, '1.1'])
    },
  )

  it('answers before, while and after a version that has to be confirmed goes back by itself', async () => {
    expect((await tried.patch(toOther, 'confirmWithin=1s')).status).toBe(200)
    const seen: boolean[] = []
    await vi.waitFor(
      async () => {
        seen.push(await isWell())
        expect((await tried.shown())?.state).toBe('rolled_back')
      },
      { timeout: 20_000, interval: 20 },
    )
    expect([seen.every(Boolean), await isWell(), await tried.answering()]).toEqual([true, true, '1.1'])
  })
})
