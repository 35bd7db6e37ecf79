import { describe, expect, it } from 'vitest'
import { testCall } from '../../contract/test-call.ts'
import { tellStory } from './tell-story.ts'

const settings = {
  routes: { chat: { targets: [{ model: 'a' }], cache: 'answers' } },
  cache: { answers: { ttlMs: 1000 } },
}
const step = (more: object) =>
  tellStory(testCall({ route: 'chat', choice: 'a=100%', target: null, ...more }), settings)

describe('the story of an answer that was kept', () => {
  it('says so, by which settings, and that nobody was chosen', () => {
    const story = step({ cache: 'exact', attempts: [] })
    expect(story.find((it) => it.about === 'cache')).toEqual({
      about: 'cache',
      says: 'given again as it was kept',
      pointers: ['/routes/chat/cache', '/cache/answers/ttlMs'],
    })
    expect(story.map((it) => it.about)).not.toContain('choice')
  })

  it('chooses nobody for a message that is alike, though one was embedded', () => {
    const embedded = { target: 'e/vec', status: 200, error: '', durationMs: 1, kind: 'embedding' }
    const story = step({ cache: 'semantic', attempts: [embedded] })
    expect(story.map((it) => it.about)).not.toContain('choice')
    expect(story.map((it) => it.about)).toContain('cache')
  })

  it('says nothing of what was passed by', () => {
    expect(step({ cache: 'bypass' }).map((it) => it.about)).not.toContain('cache')
  })
})
