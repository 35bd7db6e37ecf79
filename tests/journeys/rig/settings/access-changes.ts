/** How people, roles, identity providers and approvals are seen to change under load. One entry a setting. */
import type { FakeIssuer, TokenWish } from '@changeover/testkit'
import type { Tree } from '../settings-text.ts'
import { hashOf } from './own-settings.ts'
import type { Seen, SettingChange } from './world.ts'

const access = (it: Tree): { more: Tree } => ({ more: { access: it } })
const tokenOf = (name: string): string => `co_token-of-${name}-0123456789`
const person = (name: string, ...roles: string[]): Tree => ({
  [name]: { roles, tokens: { laptop: { hash: hashOf(tokenOf(name)) } } },
})

interface Told {
  readonly status: number
  readonly person?: string
  readonly roles?: readonly string[]
  readonly may?: readonly string[]
}

async function whois(seen: Seen, token: string): Promise<Told> {
  const { adminUrl } = seen.world.gateway
  const response = await fetch(`${adminUrl}/v1/whoami`, { headers: { authorization: `Bearer ${token}` } })
  return { ...((await response.json()) as object), status: response.status }
}

const statuses = async (seen: Seen, ...tokens: string[]): Promise<readonly number[]> =>
  await Promise.all(tokens.map(async (it) => (await whois(seen, it)).status))

/** The status that a change of somebody's gets. */
async function changes(seen: Seen, token: string, change: Tree): Promise<number> {
  const response = await seen.world.gateway.patch(change, { authorization: `Bearer ${token}` })
  await response.text()
  await seen.world.gateway.idle()
  return response.status
}

interface Waits {
  readonly attempt: string
  readonly since: string
  readonly until: string
  readonly missing: readonly { readonly expected: number; readonly roles: readonly string[] }[]
}

/** What a change that needs others waits for; it is taken back then. */
async function waitsFor<T>(
  seen: Seen,
  name: string,
  change: Tree,
  read: (it: Waits) => T,
): Promise<T | null> {
  const { gateway } = seen.world
  const authorization = `Bearer ${tokenOf(name)}`
  await gateway.patch(change, { authorization })
  const { approvals } = (await (await gateway.ask('/v1/approvals')).json()) as { approvals: readonly Waits[] }
  const [waiting] = approvals
  if (waiting === undefined) return null
  await gateway.ask(`/v1/reloads/${waiting.attempt}/reject`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: '{}',
  })
  await gateway.idle()
  return read(waiting)
}

const issued = (seen: Seen, wish: TokenWish, by = 0): string =>
  (seen.world.issuers[by] as FakeIssuer).token(wish)

/** An identity provider of the row's own, known by its audience. */
const provider = (name: string, more: Tree = {}): Tree => ({
  [name]: { issuer: 'at:issuer1', audience: name, roles: { staff: ['viewer'] }, ...more },
})
const oidcChange = (
  setting: string,
  effect: string,
  more: { name: string; from?: Tree; to: Tree } & Pick<SettingChange, 'see' | 'was' | 'becomes'>,
): SettingChange => ({
  setting: `/access/oidc/*/${setting}`,
  effect,
  from: access({ oidc: provider(more.name, more.from) }),
  to: access({ oidc: { [more.name]: more.to } }),
  see: more.see,
  was: more.was,
  becomes: more.becomes,
})

const peopleChanges: readonly SettingChange[] = [
  {
    setting: '/access/people/*/roles',
    effect: 'the next request to the admin API may what the new roles say',
    from: access({ people: person('rita', 'viewer') }),
    to: access({ people: { rita: { roles: ['operator'] } } }),
    see: async (seen) => (await whois(seen, tokenOf('rita'))).roles,
    was: ['viewer'],
    becomes: ['operator'],
  },
  {
    setting: '/access/people/*/tokens/*/hash',
    effect: 'the next request to the admin API needs the new token',
    from: access({ people: person('hal', 'viewer') }),
    to: access({ people: { hal: { tokens: { laptop: { hash: hashOf(tokenOf('hal2')) } } } } }),
    see: (seen) => statuses(seen, tokenOf('hal'), tokenOf('hal2')),
    was: [200, 401],
    becomes: [401, 200],
  },
  {
    setting: '/access/people/*/tokens/*/secret',
    effect: 'the next request to the admin API needs the token that the new reference names',
    from: access({ people: { sid: { roles: ['viewer'], tokens: { ci: { secret: '${env:TOKEN_ONE}' } } } } }),
    to: access({ people: { sid: { tokens: { ci: { secret: '${env:TOKEN_TWO}' } } } } }),
    see: (seen) => statuses(seen, tokenOf('one'), tokenOf('two')),
    was: [200, 401],
    becomes: [401, 200],
  },
  {
    setting: '/access/people/*/tokens/*/expires',
    effect: 'the next request to the admin API is refused when its token has expired',
    from: access({ people: person('ed', 'viewer') }),
    to: access({ people: { ed: { tokens: { laptop: { expires: '2020-01-01T00:00:00Z' } } } } }),
    see: (seen) => statuses(seen, tokenOf('ed')),
    was: [200],
    becomes: [401],
  },
  {
    setting: '/access/people/*/subjects',
    effect: 'the next request of that subject is this person',
    from: access({ oidc: provider('subjects'), people: { sue: { roles: ['viewer'] } } }),
    to: access({ people: { sue: { subjects: ['subjects/s-17'] } } }),
    see: async (seen) => {
      const token = issued(seen, { claims: { aud: 'subjects', sub: 's-17' } })
      return (await whois(seen, token)).person
    },
    was: 'user:subjects/s-17',
    becomes: 'user:sue',
  },
]

const roleChanges: readonly SettingChange[] = [
  {
    setting: '/access/roles/*/may',
    effect: 'the next request to the admin API may what its role says now',
    from: access({ roles: { looker: { may: ['read'] } }, people: person('lou', 'looker') }),
    to: access({ roles: { looker: { may: ['read', 'plan'] } } }),
    see: async (seen) => (await whois(seen, tokenOf('lou'))).may,
    was: ['read'],
    becomes: ['read', 'plan'],
  },
  {
    setting: '/access/roles/*/changes',
    effect: 'the next change may be of the classes that are named now',
    from: access({
      roles: { writer: { may: ['change'], changes: ['prompts'] } },
      people: person('pat', 'writer'),
    }),
    to: access({ roles: { writer: { changes: ['prompts', 'limits'] } } }),
    see: (seen) => changes(seen, tokenOf('pat'), { limits: { written: { requests: 1, perMs: 1000 } } }),
    was: 403,
    becomes: 200,
  },
  {
    setting: '/access/roles/*/tenants',
    effect: 'the next change may be of the tenants that are named now',
    from: {
      more: {
        tenants: { ours: { keys: {} } },
        access: { roles: { host: { may: ['change'], tenants: ['others'] } }, people: person('tom', 'host') },
      },
    },
    to: access({ roles: { host: { tenants: ['others', 'ours'] } } }),
    see: (seen) => changes(seen, tokenOf('tom'), { tenants: { ours: { priority: 3 } } }),
    was: 403,
    becomes: 200,
  },
]

const oidcChanges: readonly SettingChange[] = [
  oidcChange('issuer', 'the next request is believed when the new issuer signed its token', {
    name: 'issuer',
    to: { issuer: 'at:issuer2' },
    see: (seen) => {
      const claims = { aud: 'issuer' }
      return statuses(seen, issued(seen, { claims }), issued(seen, { claims }, 1))
    },
    was: [200, 401],
    becomes: [401, 200],
  }),
  oidcChange('jwks', 'the next request is believed by the keys that are there', {
    name: 'jwks',
    from: { jwks: 'at:issuer1/keys' },
    to: { jwks: 'at:issuer2/keys' },
    see: (seen) => {
      const claims = { aud: 'jwks', iss: seen.world.issuers[0]?.url }
      return statuses(seen, issued(seen, { claims }), issued(seen, { claims }, 1))
    },
    was: [200, 401],
    becomes: [401, 200],
  }),
  oidcChange('audience', 'the next request needs a token for the new audience', {
    name: 'audience',
    to: { audience: 'another' },
    see: (seen) => statuses(seen, ...['audience', 'another'].map((aud) => issued(seen, { claims: { aud } }))),
    was: [200, 401],
    becomes: [401, 200],
  }),
  oidcChange('algorithms', 'the next request needs a token that is signed as is allowed now', {
    name: 'algorithms',
    to: { algorithms: ['RS256'] },
    see: (seen) => statuses(seen, issued(seen, { claims: { aud: 'algorithms' } })),
    was: [200],
    becomes: [401],
  }),
  oidcChange('clockSkewMs', 'the next request is taken as long after its expiry as is said now', {
    name: 'skew',
    from: { clockSkewMs: 0 },
    to: { clockSkewMs: 300_000 },
    see: (seen) => statuses(seen, issued(seen, { claims: { aud: 'skew', exp: Date.now() / 1000 - 60 } })),
    was: [401],
    becomes: [200],
  }),
  oidcChange('nameClaim', 'the next request is by whom the other claim names', {
    name: 'names',
    to: { nameClaim: 'email' },
    see: async (seen) => {
      const claims = { aud: 'names', email: 'ann@example.com' }
      return (await whois(seen, issued(seen, { claims }))).person
    },
    was: 'user:names/ann',
    becomes: 'user:names/ann@example.com',
  }),
  oidcChange('rolesClaim', 'the next request has the roles that the other claim says', {
    name: 'claims',
    from: { roles: { staff: ['viewer'], lead: ['approver'] } },
    to: { rolesClaim: '/realm_access/roles' },
    see: async (seen) => {
      const claims = { aud: 'claims', groups: ['staff'], realm_access: { roles: ['lead'] } }
      return (await whois(seen, issued(seen, { claims }))).roles
    },
    was: ['viewer'],
    becomes: ['approver'],
  }),
  oidcChange('roles', 'the next request has the roles that its groups stand for now', {
    name: 'groups',
    to: { roles: { staff: ['operator'] } },
    see: async (seen) =>
      (await whois(seen, issued(seen, { claims: { aud: 'groups', groups: ['staff'] } }))).roles,
    was: ['viewer'],
    becomes: ['operator'],
  }),
]

/** Each has a class of change of its own, and an author. */
const approvalChanges: readonly SettingChange[] = [
  {
    setting: '/access/approvals/*/count',
    effect: 'the next change waits for as many people as are asked for now',
    from: access({
      approvals: { calls: { count: 1 } },
      people: { ...person('cal', 'publisher'), ...person('cy', 'approver') },
    }),
    to: access({ approvals: { calls: { count: 2 } } }),
    see: (seen) =>
      waitsFor(seen, 'cal', { calls: { record: { keepDays: 9 } } }, (it) => it.missing[0]?.expected),
    was: 1,
    becomes: 2,
  },
  {
    setting: '/access/approvals/*/roles',
    effect: 'the next change waits for people of the roles that are named now',
    from: access({ approvals: { catalogue: {} }, people: person('cat', 'publisher') }),
    to: access({ approvals: { catalogue: { roles: ['owner'] } } }),
    see: (seen) =>
      waitsFor(
        seen,
        'cat',
        { catalogue: { 'openai/own': { contextTokens: 9 } } },
        (it) => it.missing[0]?.roles,
      ),
    was: ['approver', 'owner'],
    becomes: ['owner'],
  },
  {
    setting: '/access/approvals/*/people',
    effect: 'the next change waits for the people who are named now, too',
    from: access({
      approvals: { telemetry: { roles: ['owner'] } },
      people: { ...person('tel', 'publisher'), ...person('zoe', 'approver') },
    }),
    to: access({ approvals: { telemetry: { people: ['zoe'] } } }),
    see: (seen) =>
      waitsFor(seen, 'tel', { telemetry: { logs: { level: 'warn' } } }, (it) => it.missing[0]?.roles),
    was: ['owner'],
    becomes: ['owner', 'user:zoe'],
  },
  {
    setting: '/access/approvals/*/withinMs',
    effect: 'the next change waits as long as is said now',
    from: access({ approvals: { prompts: { withinMs: 60_000 } }, people: person('pru', 'publisher') }),
    to: access({ approvals: { prompts: { withinMs: 90_000 } } }),
    see: (seen) =>
      waitsFor(
        seen,
        'pru',
        { contexts: { 'waits@1.0.0': { prompt: 'p' } } },
        (it) => Date.parse(it.until) - Date.parse(it.since),
      ),
    was: 60_000,
    becomes: 90_000,
  },
]

export const accessChanges: readonly SettingChange[] = [
  ...peopleChanges,
  ...roleChanges,
  ...oidcChanges,
  ...approvalChanges,
]
