import type { SettingsTree } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { testCall } from '../../contract/test-call.ts'
import { tellPrompt, tellRoute } from './route.ts'

const settings: SettingsTree = {
  routes: { chat: { targets: [], context: 'plain@^1' } },
  apis: { 'sum@1.0.0': { route: 'chat', context: 'brief@^1' }, 'sum@2.0.0': { route: 'chat' } },
}
const call = (more: object) => ({
  ...testCall(),
  route: 'chat',
  context: 'brief@1.2.0',
  rule: null,
  error: '',
  ...more,
})

describe('the story of a call of a published API', () => {
  it('says that it was one, and whose prompt it had', () => {
    const asked = call({ askedModel: 'apis/sum@1.0.0' })
    expect(tellRoute(asked, settings)).toMatchObject({
      says: 'asked for "apis/sum@1.0.0", a published API',
      pointers: ['/apis/sum@1.0.0'],
    })
    expect(tellPrompt(asked, settings)).toMatchObject({
      says: 'prompt of context brief@1.2.0, the newest in "brief@^1"',
      pointers: ['/apis/sum@1.0.0/context', '/contexts/brief@1.2.0/prompt'],
    })
  })

  it('has the prompt of the route where the API has none', () => {
    const asked = call({ askedModel: 'apis/sum@2.0.0', context: 'plain@1.0.0' })
    expect(tellPrompt(asked, settings)?.pointers[0]).toBe('/routes/chat/context')
  })

  it.each([
    ['apis.retired', 'which is retired'],
    ['apis.not_subscribed', 'which this tenant has not been let in to'],
    ['apis.input', 'with an input that does not keep to its schema'],
    ['identity.not_allowed', 'which this tenant may not call'],
  ])('says why it was refused with %s', (error, why) => {
    const refused = call({ askedModel: 'apis/sum@1.0.0', route: null, context: null, error })
    expect(tellRoute(refused, settings)).toMatchObject({
      says: `asked for "apis/sum@1.0.0", ${why}`,
      pointers: ['/apis/sum@1.0.0'],
    })
  })
})
