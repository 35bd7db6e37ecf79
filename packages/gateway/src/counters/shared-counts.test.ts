import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { counterConformance, type ServerProcess } from '@changeover/testkit'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { asStore, openShared, serverKinds } from './test-servers.ts'

describe.each(serverKinds)('counts shared through $called', (kind) => {
  if (kind.absent !== null) {
    it('need the server', (context) => context.skip(kind.absent ?? ''))
    return
  }
  let server: ServerProcess
  beforeAll(async () => {
    server = await kind.start()
  }, 60_000)
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  counterConformance({
    name: kind.called,
    async create() {
      const place = { url: server.url, prefix: randomUUID() }
      const [one, two] = await Promise.all([openShared(kind, place), openShared(kind, place)])
      return {
        store: asStore(one),
        another: async () => asStore(two),
        now: () => Date.now(),
        // The server goes by its own clock, which nobody can turn.
        advance: async (ms) => await sleep(ms),
        dispose: async () => {
          await Promise.all([one.close(), two.close()])
        },
      }
    },
  })
})
