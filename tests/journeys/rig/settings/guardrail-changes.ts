/**
 * How each setting of guardrails is seen to change under load: by what reaches the provider, who answers with it, and by
 * the code of what is blocked. What only a server beside the gateway would notice is read back.
 */
import type { Tree } from '../settings-text.ts'
import type { Saw, Seen, SettingChange } from './world.ts'

const KEY = 'AKIAIOSFODNN7EXAMPLE'
/** Longer than what the stream asks that runs meanwhile. */
const LONG = 'alpha beta gamma delta epsilon zeta eta theta iota'
/** Looked for in requests alone, so that the provider's answer shows what reached it. */
const MASK = { action: 'mask', on: 'input', unmask: false }
const words = (...it: string[]) => ({ kind: 'deny', words: it, ...MASK })
const webhook = { kind: 'webhook', action: 'block', on: 'input', url: 'http://127.0.0.1:1/' }

/** What the provider was asked last, or why nobody was. */
function reached({ status, code, told }: Saw): unknown {
  if (status !== 200) return code
  const messages = told?.body['messages'] as readonly { readonly content: string }[] | undefined
  return messages?.at(-1)?.content
}
const asked = (text: string) => async (seen: Seen) => reached(await seen.ask(text))

const nameOf = (field: string) => `guards-${field}`
const readBack = (field: string) => async (seen: Seen) => {
  const { guardrails } = await seen.settings()
  const own = guardrails?.[nameOf(field)] ?? {}
  const [first] = own['guards'] as readonly Tree[]
  return first?.[field] ?? own[field]
}

type Shown = Pick<SettingChange, 'effect' | 'see' | 'was' | 'becomes'>

/** A field of a guard, by the guard before and after. */
function guard(field: string, [from, to]: readonly [Tree, Tree], it: Shown): SettingChange {
  const name = nameOf(field)
  return {
    setting: `/guardrails/*/guards/#/${field}`,
    from: { route: { guardrails: [name] }, more: { guardrails: { [name]: { guards: [from] } } } },
    to: { more: { guardrails: { [name]: { guards: [to] } } } },
    ...it,
  }
}

/** A field beside the guards. */
function guardrail(
  field: string,
  [from, to]: readonly [number | string, number | string],
  effect: string,
): SettingChange {
  const name = nameOf(field)
  const guards = [words('nothing')]
  return {
    setting: `/guardrails/*/${field}`,
    effect,
    from: { route: { guardrails: [name] }, more: { guardrails: { [name]: { guards, [field]: from } } } },
    to: { more: { guardrails: { [name]: { [field]: to } } } },
    see: readBack(field),
    was: from,
    becomes: to,
  }
}

export const guardrailChanges: readonly SettingChange[] = [
  {
    setting: '/routes/*/guardrails',
    effect: 'the next request is looked at by those that are named now',
    from: { more: { guardrails: { 'guards-of-route': { guards: [words('alpha')] } } } },
    to: { route: { guardrails: ['guards-of-route'] } },
    see: asked('alpha'),
    was: 'alpha',
    becomes: '[MASKED_1]',
  },
  guard(
    'kind',
    [
      { kind: 'pii', ...MASK },
      { kind: 'secrets', ...MASK },
    ],
    {
      effect: 'the next request is looked at for something else',
      see: asked(`a@example.com ${KEY}`),
      was: `[EMAIL_1] ${KEY}`,
      becomes: 'a@example.com [AWS_KEY_1]',
    },
  ),
  guard(
    'on',
    [
      { ...words('alpha'), action: 'block' },
      { ...words('alpha'), action: 'block', on: 'output' },
    ],
    {
      effect: 'from the next request on, that or its answer is looked at',
      see: asked('alpha'),
      was: 'guard.input_blocked',
      becomes: 'guard.output_blocked',
    },
  ),
  guard('action', [words('alpha'), { ...words('alpha'), action: 'block' }], {
    effect: 'the next request with a finding is dealt with as is said now',
    see: asked('alpha'),
    was: '[MASKED_1]',
    becomes: 'guard.input_blocked',
  }),
  guard('unmask', [{ ...words('alpha'), unmask: true }, words('alpha')], {
    effect: 'what is masked in the next request is put back in its answer, or not',
    see: asked('alpha'),
    was: 'alpha',
    becomes: '[MASKED_1]',
  }),
  {
    ...guard('failure', [webhook, { ...webhook, failure: 'open' }], {
      effect: 'the next request that could not be looked at passes, or does not',
      see: asked('alpha'),
      was: 'guard.input_blocked',
      becomes: 'alpha',
    }),
    // It would not pass.
    streams: false,
  },
  guard(
    'message',
    [
      { ...words('alpha'), action: 'block', message: 'not this' },
      { ...words('alpha'), action: 'block', message: 'not that' },
    ],
    {
      effect: 'the next caller who is refused is told so',
      see: async (seen) => /not th\w+/.exec((await seen.ask('alpha')).text)?.[0],
      was: 'not this',
      becomes: 'not that',
    },
  ),
  guard(
    'patterns',
    [
      { kind: 'regex', patterns: ['one\\d'], ...MASK },
      { kind: 'regex', patterns: ['two\\d'], ...MASK },
    ],
    {
      effect: 'the next request is looked at for other expressions',
      see: asked('one1 two2'),
      was: '[MASKED_1] two2',
      becomes: 'one1 [MASKED_1]',
    },
  ),
  guard(
    'ignoreCase',
    [
      { kind: 'regex', patterns: ['one\\d'], ...MASK },
      { kind: 'regex', patterns: ['one\\d'], ignoreCase: true, ...MASK },
    ],
    {
      effect: 'expressions find the other case from the next request on',
      see: asked('ONE1'),
      was: 'ONE1',
      becomes: '[MASKED_1]',
    },
  ),
  guard(
    'windowChars',
    [
      { kind: 'regex', patterns: ['a[^z]{20}z'], windowChars: 8, ...MASK },
      { kind: 'regex', patterns: ['a[^z]{20}z'], windowChars: 64, ...MASK },
    ],
    {
      effect: 'from the next request on matches may reach as far as is said now',
      see: asked(`a${'b'.repeat(20)}z`),
      was: `a${'b'.repeat(20)}z`,
      becomes: '[MASKED_1]',
    },
  ),
  guard('words', [words('alpha'), words('beta')], {
    effect: 'the next request is looked at for other words',
    see: asked('alpha beta'),
    was: '[MASKED_1] beta',
    becomes: 'alpha [MASKED_1]',
  }),
  guard('wholeWords', [words('cat'), { ...words('cat'), wholeWords: false }], {
    effect: 'from the next request on words are found inside of others, or not',
    see: asked('concatenate'),
    was: 'concatenate',
    becomes: 'con[MASKED_1]enate',
  }),
  guard(
    'label',
    [
      { ...words('alpha'), label: 'ONE' },
      { ...words('alpha'), label: 'TWO' },
    ],
    {
      effect: 'placeholders have the new name from the next request on',
      see: asked('alpha'),
      was: '[ONE_1]',
      becomes: '[TWO_1]',
    },
  ),
  guard(
    'pii',
    [
      { kind: 'pii', pii: ['email'], ...MASK },
      { kind: 'pii', pii: ['ssn'], ...MASK },
    ],
    {
      effect: 'the next request is looked at for other personal data',
      see: asked('a@example.com 078-05-1120'),
      was: '[EMAIL_1] 078-05-1120',
      becomes: 'a@example.com [SSN_1]',
    },
  ),
  guard(
    'secrets',
    [
      { kind: 'secrets', secrets: ['aws'], ...MASK },
      { kind: 'secrets', secrets: ['github'], ...MASK },
    ],
    {
      effect: 'the next request is looked at for credentials of others',
      see: asked(`${KEY} ghp_${'a1'.repeat(18)}`),
      was: `[AWS_KEY_1] ghp_${'a1'.repeat(18)}`,
      becomes: `${KEY} [GITHUB_TOKEN_1]`,
    },
  ),
  {
    ...guard(
      'schema',
      [
        { kind: 'jsonSchema', action: 'block', schema: { type: 'object' } },
        { kind: 'jsonSchema', action: 'block', schema: { type: 'array' } },
      ],
      {
        effect: 'the next answer has to keep to the new schema',
        see: asked('alpha'),
        was: 'alpha',
        becomes: 'guard.output_blocked',
      },
    ),
    // It would wait for an end that never comes.
    streams: false,
  },
  guard(
    'maxChars',
    [
      { kind: 'maxSize', action: 'block', on: 'input', maxChars: 45 },
      { kind: 'maxSize', action: 'block', on: 'input', maxChars: 5000 },
    ],
    {
      effect: 'the next request may be as long as is said now',
      see: asked(LONG),
      was: 'guard.input_blocked',
      becomes: LONG,
    },
  ),
  guard(
    'maxTokens',
    [
      { kind: 'maxSize', action: 'block', on: 'input', maxTokens: 11 },
      { kind: 'maxSize', action: 'block', on: 'input', maxTokens: 5000 },
    ],
    {
      effect: 'the next request may be as long as is said now, in tokens',
      see: asked(LONG),
      was: 'guard.input_blocked',
      becomes: LONG,
    },
  ),
  guard(
    'url',
    [
      { ...webhook, failure: 'open' },
      { ...webhook, failure: 'open', url: 'http://127.0.0.1:2/' },
    ],
    {
      effect: 'the next request is shown to the new address',
      see: readBack('url'),
      was: 'http://127.0.0.1:1/',
      becomes: 'http://127.0.0.1:2/',
    },
  ),
  guard(
    'signWith',
    [
      { ...webhook, failure: 'open', signWith: '${env:KEY_ONE}' },
      { ...webhook, failure: 'open', signWith: '${env:KEY_TWO}' },
    ],
    {
      effect: 'the next webhook is signed with the new key',
      see: readBack('signWith'),
      was: '${env:KEY_ONE}',
      becomes: '${env:KEY_TWO}',
    },
  ),
  guard(
    'timeoutMs',
    [
      { ...webhook, failure: 'open', timeoutMs: 100 },
      { ...webhook, failure: 'open', timeoutMs: 200 },
    ],
    {
      effect: 'the next webhook has as long to answer as is said now',
      see: readBack('timeoutMs'),
      was: 100,
      becomes: 200,
    },
  ),
  guard(
    'maxHoldMs',
    [
      { ...words('alpha'), maxHoldMs: 100 },
      { ...words('alpha'), maxHoldMs: 200 },
    ],
    {
      effect: 'the next answer is held back no longer than is said now',
      see: readBack('maxHoldMs'),
      was: 100,
      becomes: 200,
    },
  ),
  guardrail('maxWorkMs', [500, 600], 'the next request may take as much time to look at as is said now'),
  guardrail('description', ['for one', 'for another'], 'people read the new one'),
]

/** Where each change has a tenant of its own. */
export const guardedTenantChanges: readonly SettingChange[] = [
  {
    setting: '/tenants/*/guardrails',
    effect: "the next request of the tenant is looked at by those beside the route's own",
    from: { more: { guardrails: { 'guards-of-tenant': { guards: [words('alpha')] } } } },
    to: { tenant: { guardrails: ['guards-of-tenant'] } },
    see: asked('alpha'),
    was: 'alpha',
    becomes: '[MASKED_1]',
  },
]
