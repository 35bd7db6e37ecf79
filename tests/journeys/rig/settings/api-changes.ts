/**
 * How published APIs are seen to change under load. Each has an API of its own; they are called with the key of a
 * tenant of theirs, because what belongs to tenants is named by name.
 */
import type { Tree } from '../settings-text.ts'
import { hashOf } from './own-settings.ts'
import type { Told } from './told-provider.ts'
import type { Seen, SettingChange } from './world.ts'

const FRIEND = 'key-of-a-friend'
const input: Tree = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }

/** What all of them need: they are the same for each, so each brings them along. */
const shared: Tree = {
  tenants: {
    friend: { keys: { main: { hash: hashOf(FRIEND) } } },
    stranger: { keys: { main: { hash: hashOf('key-of-a-stranger') } } },
  },
  models: { 'api-one': { provider: 'one' }, 'api-two': { provider: 'two' } },
  contexts: { 'api-brief@1.0.0': { prompt: 'Be brief.' }, 'api-kind@1.0.0': { prompt: 'Be kind.' } },
}
const usual: Tree = { route: 'api-one', message: '{{text}}', input, state: 'published' }

interface Called {
  readonly status: number
  readonly headers: Headers
  readonly told: Told | null
}

async function call(seen: Seen, name: string, text = 'hello', more: object = {}): Promise<Called> {
  const response = await fetch(`${seen.world.gateway.dataUrl}/apis/${name}/1.0.0`, {
    method: 'POST',
    headers: { authorization: `Bearer ${FRIEND}`, 'content-type': 'application/json' },
    body: JSON.stringify({ text, ...more }),
  })
  const answer = await response.text()
  const told = response.ok ? (JSON.parse(answer) as Told) : null
  return { status: response.status, headers: response.headers, told }
}

function api(
  field: string,
  [from, to]: readonly [Tree, Tree],
  rest: Pick<SettingChange, 'effect' | 'was' | 'becomes'> & {
    readonly see: (
      call: (text?: string, more?: object) => Promise<Called>,
      seen: Seen,
      name: string,
    ) => Promise<unknown>
  },
): SettingChange {
  const name = `about-${field.toLowerCase()}`
  return {
    ...rest,
    setting: `/apis/*/${field}`,
    from: { more: { ...shared, apis: { [`${name}@1.0.0`]: { ...usual, ...from } } } },
    to: { more: { apis: { [`${name}@1.0.0`]: to } } },
    see: (seen) => rest.see((text, more) => call(seen, name, text, more), seen, name),
  }
}

const DESIGN: Tree = { state: 'design', testers: ['friend'] }
const instant = '2026-01-01T00:00:00Z'

export const apiChanges: readonly SettingChange[] = [
  api('route', [{}, { route: 'api-two' }], {
    effect: 'the next call is answered by the new route',
    see: async (ask) => (await ask()).told?.provider,
    was: 'one',
    becomes: 'two',
  }),
  api('context', [{ context: 'api-brief@^1' }, { context: 'api-kind@^1' }], {
    effect: 'the next call has the prompt of the new context',
    see: async (ask) => (await ask()).told?.system,
    was: 'Be brief.',
    becomes: 'Be kind.',
  }),
  api('message', [{ message: 'before {{text}}' }, { message: 'after {{text}}' }], {
    effect: 'the next call says to the model what the new message says',
    see: async (ask) => (await ask()).told?.body['messages'],
    was: [{ role: 'user', content: 'before hello' }],
    becomes: [{ role: 'user', content: 'after hello' }],
  }),
  api(
    'input',
    [
      { ...DESIGN, input: { ...input, additionalProperties: false } },
      { input: { additionalProperties: true } },
    ],
    {
      effect: 'the next call is checked by the new schema; of what is published it cannot change',
      see: async (ask) => (await ask('hello', { more: 1 })).status,
      was: 400,
      becomes: 200,
    },
  ),
  api('output', [{ ...DESIGN, output: { type: 'object' } }, { output: { type: 'array' } }], {
    effect: 'the answer of the next call is checked by the new schema; of what is published it cannot change',
    see: async (ask) => (await ask()).status,
    was: 200,
    becomes: 502,
  }),
  api('invalidOutput', [{ output: { type: 'array' } }, { invalidOutput: 'retry' }], {
    effect: 'the next call whose answer does not keep to its schema asks once more',
    see: async (ask, seen) => {
      const { headers } = await ask()
      const made = await seen.record({ call: headers.get('x-changeover-call') ?? '' })
      return made.attempts.length
    },
    was: 1,
    becomes: 2,
  }),
  api('maxInputBytes', [{ maxInputBytes: 16 }, { maxInputBytes: 1000 }], {
    effect: 'the next call may be as large as is said now',
    see: async (ask) => (await ask('some words more')).status,
    was: 413,
    becomes: 200,
  }),
  api('state', [{}, { state: 'retired' }], {
    effect: 'the next call is answered as the new state says',
    see: async (ask) => (await ask()).status,
    was: 200,
    becomes: 410,
  }),
  api('testers', [{ state: 'design' }, { testers: ['friend'] }], {
    effect: 'the next call of who is a tester now is answered while the API is in design',
    see: async (ask) => (await ask()).status,
    was: 404,
    becomes: 200,
  }),
  api('tenants', [{ tenants: ['stranger'] }, { tenants: ['stranger', 'friend'] }], {
    effect: 'the API is there for the next call of who is named now, and for nobody else',
    see: async (ask) => (await ask()).status,
    was: 404,
    becomes: 200,
  }),
  api('access', [{}, { access: 'subscription' }], {
    effect: 'the next call needs a subscription that somebody has approved',
    see: async (ask) => (await ask()).status,
    was: 200,
    becomes: 403,
  }),
  api('deprecatedAt', [{}, { deprecatedAt: instant }], {
    effect: 'the next answer says since when it is deprecated',
    see: async (ask) => (await ask()).headers.get('deprecation'),
    was: null,
    becomes: '@1767225600',
  }),
  api('sunsetAt', [{}, { sunsetAt: instant }], {
    effect: 'the next answer says when it will be gone',
    see: async (ask) => (await ask()).headers.get('sunset'),
    was: null,
    becomes: 'Thu, 01 Jan 2026 00:00:00 GMT',
  }),
  api('successor', [{}, { successor: 'about-route@1.0.0' }], {
    effect: 'the next answer links to what is to be used instead',
    see: async (ask) => (await ask()).headers.get('link'),
    was: null,
    becomes: '</apis/about-route/1.0.0>; rel="successor-version"',
  }),
  api('description', [{ description: 'old' }, { description: 'new' }], {
    effect: 'no call notices; GET /apis says the new text',
    see: async (_, seen, name) => {
      const headers = { authorization: `Bearer ${FRIEND}` }
      const page = await fetch(`${seen.world.gateway.dataUrl}/apis/${name}`, { headers })
      return ((await page.json()) as { description: string }).description
    },
    was: 'old',
    becomes: 'new',
  }),
  {
    setting: '/contexts/*/tenants',
    effect: 'the next request of its tenants has the new version, that of all others the one before',
    from: {
      route: { context: 'api-owned@^1' },
      more: { ...shared, contexts: { 'api-owned@1.0.0': { prompt: 'for all' } } },
    },
    to: { more: { contexts: { 'api-owned@1.1.0': { prompt: 'for friends', tenants: ['friend'] } } } },
    see: async (seen) => {
      const headers = { authorization: `Bearer ${FRIEND}` }
      return [(await seen.ask('', { headers })).told?.system, (await seen.ask()).told?.system]
    },
    was: ['for all', 'for all'],
    becomes: ['for friends', 'for all'],
  },
]
