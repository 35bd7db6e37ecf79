/**
 * How each setting of a context is seen to change under load. What is published does not change, so each change is a
 * new version, which routes that name a range take up.
 */
import type { Tree } from '../settings-text.ts'
import type { Seen, SettingChange } from './world.ts'

const variable = (it: Tree): Tree => ({ prompt: 'Be {{tone}}.', variables: { tone: it } })
const filled = (tone: string) => ({ changeover: { variables: { tone } } })
const status = async (seen: Seen, body: object) => (await seen.ask('', { body })).status

function context(
  field: string,
  versions: readonly [Tree, Tree],
  rest: Pick<SettingChange, 'effect' | 'was' | 'becomes'> & {
    readonly see: (seen: Seen, name: string) => Promise<unknown>
  },
): SettingChange {
  const name = `about${field.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
  return {
    ...rest,
    setting: `/contexts/*/${field}`,
    from: { route: { context: `${name}@^1` }, more: { contexts: { [`${name}@1.0.0`]: versions[0] } } },
    to: { more: { contexts: { [`${name}@1.1.0`]: versions[1] } } },
    see: (seen) => rest.see(seen, name),
  }
}

/** Of the newest version there is. */
async function newest(seen: Seen, name: string): Promise<Record<string, unknown>> {
  const contexts = (await seen.settings())['contexts'] ?? {}
  return contexts[`${name}@1.1.0`] ?? contexts[`${name}@1.0.0`] ?? {}
}

export const contextChanges: readonly SettingChange[] = [
  context('prompt', [{ prompt: 'Be brief.' }, { prompt: 'Be kind.' }], {
    effect: 'the next request has the prompt of the new version',
    see: async (seen) => (await seen.ask()).told?.system,
    was: 'Be brief.',
    becomes: 'Be kind.',
  }),
  context(
    'parameters',
    [
      { prompt: 'x', parameters: { temperature: 0.1 } },
      { prompt: 'x', parameters: { temperature: 0.9 } },
    ],
    {
      effect: 'the next request has the defaults of the new version',
      see: async (seen) => (await seen.ask()).told?.temperature,
      was: 0.1,
      becomes: 0.9,
    },
  ),
  context('variables/*/default', [variable({ default: 'calm' }), variable({ default: 'merry' })], {
    effect: 'the next request that gives no value has the default of the new version',
    see: async (seen) => (await seen.ask()).told?.system,
    was: 'Be calm.',
    becomes: 'Be merry.',
  }),
  context(
    'variables/*/maxLength',
    [variable({ default: '', maxLength: 3 }), variable({ default: '', maxLength: 9 })],
    {
      effect: 'the next request may give values as long as the new version says',
      see: (seen) => status(seen, filled('lively')),
      was: 400,
      becomes: 200,
    },
  ),
  context(
    'variables/*/description',
    [variable({ default: '', description: 'old' }), variable({ default: '', description: 'new' })],
    {
      effect: 'no request notices; GET /v1/settings says the new text',
      see: async (seen, name) =>
        ((await newest(seen, name))['variables'] as { tone: Tree }).tone['description'],
      was: 'old',
      becomes: 'new',
    },
  ),
  context(
    'description',
    [
      { prompt: 'x', description: 'old' },
      { prompt: 'x', description: 'new' },
    ],
    {
      effect: 'no request notices; GET /v1/settings says the new text',
      see: async (seen, name) => (await newest(seen, name))['description'],
      was: 'old',
      becomes: 'new',
    },
  ),
]
