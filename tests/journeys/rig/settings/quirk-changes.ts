/** How each thing that a provider wants otherwise is seen to change under load. One entry a setting. */
import type { Tree } from '../settings-text.ts'
import type { Seen, SettingChange } from './world.ts'

type Ask = Readonly<Record<string, unknown>>

const told = async (seen: Seen, body: Ask = {}, headers: Readonly<Record<string, string>> = {}) =>
  (await seen.ask('', { body, headers })).told
const field = async (seen: Seen, name: string, body: Ask) => (await told(seen, body))?.body[name] ?? null
const messagesOf = async (seen: Seen, messages: readonly Ask[]) =>
  ((await told(seen, { messages }))?.body['messages'] ?? []) as readonly Ask[]

/** A quirk that appears: without it first. */
function quirk(
  name: string,
  it: { value: Tree[string] } & Pick<SettingChange, 'effect' | 'see' | 'was' | 'becomes'>,
) {
  const { value, ...rest } = it
  return {
    setting: `/providers/*/quirks/${name}`,
    from: { provider: { quirks: {} } },
    to: { provider: { quirks: { [name]: value } } },
    ...rest,
  }
}

const said = { role: 'user', content: 'hello' }
const tools = [{ type: 'function', function: { name: 'w', parameters: { type: 'object' } } }]
const schema = { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' } } }
const called = [
  said,
  {
    role: 'assistant',
    content: '',
    tool_calls: [{ id: 'call_12345', type: 'function', function: { name: 'w', arguments: '{}' } }],
  },
  { role: 'tool', tool_call_id: 'call_12345', content: 'sun' },
  said,
]

export const quirkChanges: readonly SettingChange[] = [
  {
    setting: '/providers/*/quirks',
    effect: 'the next request is adapted, and a stream from before goes on as it came',
    from: { provider: {} },
    to: { provider: { quirks: { rename: { seed: 'random_seed' } } } },
    see: (seen) => field(seen, 'random_seed', { seed: 7 }),
    was: null,
    becomes: 7,
  },
  quirk('rename', {
    effect: 'the next request has the field under its new name',
    value: { max_completion_tokens: 'max_tokens' },
    see: (seen) => field(seen, 'max_tokens', { max_completion_tokens: 9 }),
    was: null,
    becomes: 9,
  }),
  quirk('takes', {
    effect: 'the next request has no other fields',
    value: ['model', 'messages'],
    see: (seen) => field(seen, 'user', { user: 'bo' }),
    was: 'bo',
    becomes: null,
  }),
  quirk('drops', {
    effect: 'the next request has lost the field, and its answer says so',
    value: ['user'],
    see: async (seen) => (await seen.ask('', { body: { user: 'bo' } })).headers.get('x-changeover-warnings'),
    was: null,
    becomes: 'user: not supported',
  }),
  quirk('needless', {
    effect: 'the next request does without the field, and nothing is said of it',
    value: ['user'],
    see: async (seen) => {
      const { told: it, headers } = await seen.ask('', { body: { user: 'bo' } })
      return [it?.body['user'] ?? null, headers.get('x-changeover-warnings')]
    },
    was: ['bo', null],
    becomes: [null, null],
  }),
  quirk('messageDrops', {
    effect: 'the next request has messages without the field',
    value: ['name'],
    see: async (seen) => (await messagesOf(seen, [{ ...said, name: 'bo' }]))[0]?.['name'] ?? null,
    was: 'bo',
    becomes: null,
  }),
  quirk('roles', {
    effect: 'the next request has messages of the other role',
    value: { developer: 'system' },
    see: async (seen) => (await messagesOf(seen, [{ role: 'developer', content: 'x' }, said]))[0]?.['role'],
    was: 'developer',
    becomes: 'system',
  }),
  quirk('toolChoices', {
    effect: 'the next request has the other word',
    value: { required: 'any' },
    see: (seen) => field(seen, 'tool_choice', { tools, tool_choice: 'required' }),
    was: 'required',
    becomes: 'any',
  }),
  quirk('callIdLength', {
    effect: 'the next request has ids of that length',
    value: 9,
    see: async (seen) => String((await messagesOf(seen, called))[2]?.['tool_call_id']).length,
    was: 10,
    becomes: 9,
  }),
  quirk('jsonSchema', {
    effect: 'the next request asks for any JSON object',
    value: false,
    see: async (seen) => ((await field(seen, 'response_format', { response_format: schema })) as Ask)['type'],
    was: 'json_schema',
    becomes: 'json_object',
  }),
  quirk('mends', {
    effect: 'the next answer is read and written anew',
    value: true,
    see: async (seen) => (await seen.ask('one=parts')).told !== null,
    was: false,
    becomes: true,
  }),
]

export const addressChanges: readonly SettingChange[] = [
  {
    setting: '/providers/*/kind',
    effect: 'the next request is as the other kind wants it',
    from: { provider: { kind: 'openai-compatible' } },
    to: { provider: { kind: 'together' } },
    see: (seen) => field(seen, 'max_tokens', { max_completion_tokens: 9 }),
    was: null,
    becomes: 9,
  },
  {
    setting: '/providers/*/credential',
    effect: 'the next request has the other key',
    from: { provider: { credential: '${env:KEY_ONE}' } },
    to: { provider: { credential: '${env:KEY_TWO}' } },
    see: async (seen) => (await told(seen))?.key,
    was: 'first',
    becomes: 'second',
  },
  {
    setting: '/providers/*/headers',
    effect: 'the next request has the new headers',
    from: { provider: { headers: { 'x-own': 'old' } } },
    to: { provider: { headers: { 'x-own': 'new' } } },
    see: async (seen) => (await told(seen))?.headers['x-own'],
    was: 'old',
    becomes: 'new',
  },
  {
    setting: '/providers/*/keyHeader',
    effect: 'the next request has the key in the other header',
    from: { provider: { credential: '${env:KEY_ONE}' } },
    to: { provider: { keyHeader: { name: 'x-access' } } },
    see: async (seen) => (await told(seen))?.headers['x-access'] ?? null,
    was: null,
    becomes: 'first',
  },
  {
    setting: '/providers/*/keyHeader/name',
    effect: 'the next request has the key in the other header',
    from: { provider: { credential: '${env:KEY_ONE}', keyHeader: { name: 'x-access' } } },
    to: { provider: { keyHeader: { name: 'x-other' } } },
    see: async (seen) => (await told(seen))?.headers['x-other'] ?? null,
    was: null,
    becomes: 'first',
  },
  {
    setting: '/providers/*/keyHeader/scheme',
    effect: 'the next request has the word before the key',
    from: { provider: { credential: '${env:KEY_ONE}', keyHeader: { name: 'x-access' } } },
    to: { provider: { keyHeader: { scheme: 'Token' } } },
    see: async (seen) => (await told(seen))?.headers['x-access'],
    was: 'first',
    becomes: 'Token first',
  },
  {
    setting: '/providers/*/apiVersion',
    effect: 'the next request names the deployment in its path',
    from: { provider: { kind: 'azure' }, a: { model: 'my-gpt' } },
    to: { provider: { apiVersion: '2024-10-21' } },
    see: async (seen) => (await told(seen))?.path,
    was: '/v1/chat/completions',
    becomes: '/v1/deployments/my-gpt/chat/completions?api-version=2024-10-21',
  },
  {
    setting: '/providers/*/errorTexts',
    effect: 'the next refusal has the words of the provider',
    from: { provider: {} },
    to: { provider: { errorTexts: ['/fault/text'] } },
    see: async (seen) => (await seen.ask('one=fault:so-it-is')).text.includes('so-it-is'),
    was: false,
    becomes: true,
  },
  {
    setting: '/providers/*/callerHeaders',
    effect: "the next request brings the caller's header along",
    from: { provider: {} },
    to: { provider: { callerHeaders: ['x-feature'] } },
    see: async (seen) => (await told(seen, {}, { 'x-feature': 'on' }))?.headers['x-feature'] ?? null,
    was: null,
    becomes: 'on',
  },
  {
    setting: '/providers/*/replyHeaders',
    effect: "the next answer brings the provider's header along",
    from: { provider: {} },
    to: { provider: { replyHeaders: ['x-ratelimit-remaining-requests'] } },
    see: async (seen) => (await seen.ask('one=left:5')).headers.get('x-ratelimit-remaining-requests'),
    was: null,
    becomes: '5',
  },
  {
    setting: '/providers/*/versionInBaggage',
    effect: 'the next request tells the provider under which version it was made',
    from: { provider: {} },
    to: { provider: { versionInBaggage: true } },
    see: async (seen) => {
      const baggage = (await told(seen))?.headers['baggage']
      return typeof baggage === 'string' && /^config\.version=\d+\.\d+$/.test(baggage)
    },
    was: false,
    becomes: true,
  },
]

/** Callers of a format that the provider speaks itself pass untranslated: seen by the path that is asked. */
export const formatChanges: readonly SettingChange[] = [
  {
    setting: '/providers/*/wire',
    effect: 'the next request of a foreign format is translated into the other one',
    from: { provider: { paths: { 'openai-responses': '/responses' }, wire: 'openai-chat' } },
    to: { provider: { wire: 'openai-responses' } },
    see: async (seen) => (await seen.post('/v1/messages', { max_tokens: 9, messages: [said] }))?.path,
    was: '/v1/chat/completions',
    becomes: '/v1/responses',
  },
  {
    setting: '/providers/*/paths',
    effect: 'the next request goes to the new path',
    from: { provider: {} },
    to: { provider: { paths: { 'openai-chat': '/v2/chat' } } },
    see: async (seen) => (await told(seen))?.path,
    was: '/v1/chat/completions',
    becomes: '/v1/v2/chat',
  },
  {
    setting: '/providers/*/paths/openai-chat',
    effect: 'the next request goes to the new path',
    from: { provider: { paths: { 'openai-chat': '/v2/chat' } } },
    to: { provider: { paths: { 'openai-chat': '/v3/chat' } } },
    see: async (seen) => (await told(seen))?.path,
    was: '/v1/v2/chat',
    becomes: '/v1/v3/chat',
  },
  {
    setting: '/providers/*/paths/openai-responses',
    effect: 'the next request of this format passes untranslated',
    from: { provider: {} },
    to: { provider: { paths: { 'openai-responses': '/responses' } } },
    see: async (seen) => (await seen.post('/v1/responses', { input: 'hello' }))?.path,
    was: '/v1/chat/completions',
    becomes: '/v1/responses',
  },
  {
    setting: '/providers/*/paths/openai-completions',
    effect: 'the next request of this format passes untranslated',
    from: { provider: {} },
    to: { provider: { paths: { 'openai-completions': '/texts' } } },
    see: async (seen) => (await seen.post('/v1/completions', { prompt: 'hello' }))?.path,
    was: '/v1/chat/completions',
    becomes: '/v1/texts',
  },
  {
    setting: '/providers/*/paths/openai-embeddings',
    effect: 'the next request for vectors goes to the new path',
    from: { provider: { paths: { 'openai-embeddings': '/old/vectors' } } },
    to: { provider: { paths: { 'openai-embeddings': '/new/vectors' } } },
    see: async (seen) => (await seen.post('/v1/embeddings', { input: 'hello' }))?.path,
    was: '/v1/old/vectors',
    becomes: '/v1/new/vectors',
  },
  {
    setting: '/providers/*/paths/anthropic-messages',
    effect: 'the next request of this format passes untranslated',
    from: { provider: {} },
    to: { provider: { paths: { 'anthropic-messages': '/messages' } } },
    see: async (seen) => (await seen.post('/v1/messages', { max_tokens: 9, messages: [said] }))?.path,
    was: '/v1/chat/completions',
    becomes: '/v1/messages',
  },
]
