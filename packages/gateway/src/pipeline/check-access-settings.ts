/**
 * What is wrong with the settings of who may change what, beyond the form of each: names that mean nothing, one
 * token for two people, and a rule that nobody could ever satisfy.
 *
 * Why the last is refused: it would be found out when a change waits for people who do not exist. Settings that leave
 * nobody with the right to change them are taken, for the owner's token always has it.
 */
import { type Issue, nearest, pointTo } from '@changeover/reload'
import type { AccessSettings } from '../access/compile-access.ts'
import { BUILT_IN_ROLES, builtInGrants } from '../access/roles.ts'
import type { Permission } from '../contract/access.ts'
import { wrong } from '../settings/issue-texts.ts'
import { referenceIssue } from './reference-issues.ts'

export function checkAccessSettings(settings: AccessSettings): readonly Issue[] {
  return [
    ...shadowedRoles(settings),
    ...unknownRoles(settings),
    ...unknownProviders(settings),
    ...sharedTokens(settings),
    ...unmetApprovals(settings),
  ]
}

const at = (...steps: readonly string[]): string =>
  steps.reduce<string>((so, it) => pointTo(so, it), '/access')

function shadowedRoles({ roles }: AccessSettings): Issue[] {
  return Object.keys(roles)
    .filter((it) => BUILT_IN_ROLES.includes(it))
    .map((it) =>
      wrong(
        at('roles', it),
        `the name "${it}"`,
        'another: this role is built in and means the same everywhere',
      ),
    )
}

function unknownRoles({ people, roles, oidc, approvals }: AccessSettings): Issue[] {
  const known = [...BUILT_IN_ROLES, ...Object.keys(roles)]
  const check = (names: readonly string[], pointer: string): Issue[] =>
    names.flatMap((name, i) =>
      known.includes(name) ? [] : [unknown(pointTo(pointer, String(i)), 'a role', name, known)],
    )
  return [
    ...Object.entries(people).flatMap(([name, it]) => check(it.roles, at('people', name, 'roles'))),
    ...Object.entries(oidc).flatMap(([name, it]) =>
      Object.entries(it.roles).flatMap(([value, names]) => check(names, at('oidc', name, 'roles', value))),
    ),
    ...Object.entries(approvals).flatMap(([name, it]) =>
      check(it?.roles ?? [], at('approvals', name, 'roles')),
    ),
    ...Object.entries(approvals).flatMap(([changeClass, it]) =>
      (it?.people ?? []).flatMap((name, i) => {
        if (Object.hasOwn(people, name)) return []
        return [
          unknown(
            at('approvals', changeClass, 'people', String(i)),
            'an entry of access.people',
            name,
            Object.keys(people),
          ),
        ]
      }),
    ),
  ]
}

function unknownProviders({ people, oidc }: AccessSettings): Issue[] {
  const known = Object.keys(oidc)
  return Object.entries(people).flatMap(([name, { subjects = [] }]) =>
    subjects.flatMap((it, i) => {
      const provider = it.slice(0, it.indexOf('/'))
      if (known.includes(provider)) return []
      return [unknown(at('people', name, 'subjects', String(i)), 'an entry of access.oidc', provider, known)]
    }),
  )
}

/** A token that is two people's could be both who asks and who agrees. */
function sharedTokens({ people }: AccessSettings): Issue[] {
  const owners = new Map<string, string>()
  return Object.entries(people).flatMap(([name, { tokens = {}, subjects = [] }]) => {
    const own = Object.entries(tokens).flatMap(([token, { hash, secret }]) => {
      const key = hash ?? secret ?? ''
      return takenBy(owners, key, name) ? [at('people', name, 'tokens', token)] : []
    })
    const same = subjects.flatMap((it, i) =>
      takenBy(owners, it, name) ? [at('people', name, 'subjects', String(i))] : [],
    )
    return [...own, ...same].map((pointer) =>
      wrong(pointer, 'what is also of somebody else', 'one of each person'),
    )
  })
}

function takenBy(owners: Map<string, string>, key: string, name: string): boolean {
  const owner = owners.get(key)
  owners.set(key, owner ?? name)
  return owner !== undefined && owner !== name
}

function unmetApprovals(settings: AccessSettings): Issue[] {
  const { approvals, oidc } = settings
  return Object.entries(approvals).flatMap(([changeClass, rule]) => {
    if (rule === undefined) return []
    const mute = rule.roles.filter((it) => !allows(settings, it, 'approve'))
    const silent = mute.map((it) =>
      wrong(at('approvals', changeClass, 'roles'), `"${it}", which may not approve`, 'roles that may'),
    )
    const deaf = rule.people
      .filter((name) => !(settings.people[name]?.roles ?? []).some((it) => allows(settings, it, 'approve')))
      .map((it) =>
        wrong(at('approvals', changeClass, 'people'), `"${it}", who may not approve`, 'people who may'),
      )
    // Who an identity provider vouches for is not known here.
    const most = Object.keys(oidc).length > 0 ? Number.POSITIVE_INFINITY : countAble(settings, rule)
    const tooMany =
      rule.count > most
        ? [
            wrong(
              at('approvals', changeClass, 'count'),
              String(rule.count),
              `${most} or less: so many could agree`,
            ),
          ]
        : []
    return [...silent, ...deaf, ...tooMany]
  })
}

interface Asked {
  readonly roles: readonly string[]
  readonly people: readonly string[]
}

function countAble({ people }: AccessSettings, rule: Asked): number {
  const named = Object.entries(people).filter(
    ([name, it]) => rule.people.includes(name) || it.roles.some((role) => rule.roles.includes(role)),
  )
  return named.length + (rule.roles.includes('owner') ? 1 : 0)
}

function allows({ roles }: AccessSettings, role: string, permission: Permission): boolean {
  const own = Object.hasOwn(roles, role) ? roles[role]?.may : undefined
  return builtInGrants.get(role)?.may.has(permission) ?? own?.includes(permission) ?? false
}

function unknown(pointer: string, expected: string, name: string, known: readonly string[]): Issue {
  const issue = referenceIssue(pointer, name, expected)
  const meant = nearest(name, known)
  return meant === null ? issue : { ...issue, hint: `did you mean "${meant}"?` }
}
