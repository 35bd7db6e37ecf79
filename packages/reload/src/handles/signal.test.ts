/** The signal handle: the common suite, and what a signal means. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { handleConformance, OfferDesk } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { fileSource } from './file.ts'
import { signalHandle } from './signal.ts'

const PATIENCE = { timeout: 10_000, interval: 5 }
const hangUp = () => process.listenerCount('SIGHUP') > 0 && process.kill(process.pid, 'SIGHUP')

handleConformance({
  name: 'signal',
  async create(text, clock) {
    const home = await mkdtemp(join(tmpdir(), 'signal-handle-'))
    const path = join(home, 'settings.yaml')
    await writeFile(path, text)
    const tell = async (change: Promise<void>) => {
      await change
      hangUp()
    }
    return {
      handle: signalHandle('SIGHUP', fileSource(path), { clock, quietMs: 5 }),
      write: (it) => tell(writeFile(path, it)),
      breakReads: () => tell(rm(path).then(() => mkdir(path))),
      healReads: () => rm(path, { recursive: true }),
      empty: () => tell(writeFile(path, '')),
      dispose: () => rm(home, { recursive: true, force: true }),
    }
  },
  except: [
    {
      reason: 'whoever sends a signal wants an answer, also when nothing has changed',
      cases: ['does not offer the same content twice'],
    },
  ],
})

describe('a signal handle', () => {
  it('reads only when it is told to, and offers also what has not changed', async () => {
    const home = await mkdtemp(join(tmpdir(), 'signal-handle-'))
    const path = join(home, 'settings.yaml')
    await writeFile(path, 'one')
    const desk = new OfferDesk()
    desk.watch(signalHandle('SIGHUP', fileSource(path)))
    await expect.poll(() => desk.texts(), PATIENCE).toEqual(['one'])
    hangUp()
    await expect.poll(() => desk.texts(), PATIENCE).toEqual(['one', 'one'])
    await writeFile(path, 'two')
    hangUp()
    await expect.poll(() => desk.texts(), PATIENCE).toEqual(['one', 'one', 'two'])
    expect(desk.offers.map((it) => it.origin.trigger)).toEqual(['signal', 'signal', 'signal'])
    await desk.stop()
    await rm(home, { recursive: true })
  })
})
