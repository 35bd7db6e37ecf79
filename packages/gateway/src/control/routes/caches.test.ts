import { describe, expect, it } from 'vitest'
import type { AnswerCache, CacheWhich } from '../../contract/answer-cache.ts'
import { createApp } from '../app.ts'
import { problemOf } from '../problem.ts'
import type { AdminRooms } from '../rooms.ts'
import { sendProblem } from '../send-problem.ts'
import { addCacheRoutes } from './caches.ts'

const facts = {
  kind: 'exact',
  store: 'memory',
  entries: 3,
  bytes: 900,
  waiting: 0,
  messages: 0,
  outcomes: { exact: 5, semantic: 0, joined: 1, miss: 3, bypass: 2 },
  savedMicroUsd: 70,
  evicted: 0,
  failures: 0,
} as const

function appOf(asked: CacheWhich[]) {
  const cache: AnswerCache = {
    name: 'answers',
    look: () => null,
    facts,
    clear: (which) => {
      asked.push(which)
      return Promise.resolve(3)
    },
  }
  const app = createApp()
  app.onError((error) => sendProblem(problemOf(error)))
  addCacheRoutes(app, { caches: () => new Map([['answers', cache]]) } as unknown as AdminRooms)
  return app
}

describe('caches in the admin API', () => {
  it('are told with what they hold and have done', async () => {
    const response = await appOf([]).request('/v1/caches')
    expect(await response.json()).toEqual({ caches: [{ name: 'answers', ...facts }] })
  })

  it('forget all, or what belongs to a tenant and a route', async () => {
    const asked: CacheWhich[] = []
    const app = appOf(asked)
    const clear = (query: string) => app.request(`/v1/caches/answers/clear${query}`, { method: 'POST' })
    expect(await (await clear('')).json()).toEqual({ cleared: 3 })
    await clear('?tenant=acme&route=chat')
    expect(asked).toEqual([{}, { tenant: 'acme', route: 'chat' }])
  })

  it('that are not there are told as such', async () => {
    const response = await appOf([]).request('/v1/caches/none/clear', { method: 'POST' })
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      404,
      'control.not_found',
    ])
  })
})
