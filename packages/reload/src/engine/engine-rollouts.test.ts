/** Rollouts through the engine's own door: who is asked to move one that is not there says so. */
import { describe, expect, it } from 'vitest'
import { Toy } from './test-toy.ts'

describe('a rollout that nobody has begun', () => {
  it('cannot be moved, and is not missed when it is aborted', async () => {
    const { reloader } = new Toy()
    expect(reloader.rollout()).toBeNull()
    for (const moved of [
      reloader.promote('1.1', { to: 'next' }),
      reloader.pause('1.1', 'lunch'),
      reloader.resume('1.1'),
    ]) {
      await expect(moved).rejects.toMatchObject({ code: 'rollout.unknown' })
    }
    expect(await reloader.abort('1.1', 'no')).toBeNull()
    await reloader.close()
  })
})
