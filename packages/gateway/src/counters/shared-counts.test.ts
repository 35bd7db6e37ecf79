import { randomUUID } from 'node:crypto'
import { counterConformance, type ServerProcess } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { asStore, clusterKind, openShared, serverKinds } from './test-servers.ts'

describe.each([...serverKinds, clusterKind])('counts shared through $called', (kind) => {
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
        async advance(ms) {
          const until = Date.now() + ms
          await vi.waitFor(() => expect(Date.now()).toBeGreaterThanOrEqual(until), { timeout: ms + 10_000 })
        },
        dispose: async () => {
          await Promise.all([one.close(), two.close()])
        },
      }
    },
  })
})
