/**
 * Every way in which the admin API can say no to a person: the part of the gateway's table that is about who may what.
 * One table all the same: whoever asks for a code asks `errors.ts`.
 */
import type { Rule } from './errors.ts'

const rule = <Details>(it: Rule<Details>): Rule<Details> => it

export const accessRules = {
  'access.token_expired': rule<object>({
    blame: 'sender',
    retry: false,
    status: 401,
    say: () => 'this token has expired',
  }),
  'access.token_refused': rule<object>({
    blame: 'sender',
    retry: false,
    status: 401,
    say: () =>
      'this token is not taken here: expected one that is signed by a known issuer, for this audience, and still valid',
  }),
  'access.forbidden': rule<{ person: string; permission: string; holders: readonly string[] }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) =>
      `"${it.person}" may not do this: it needs "${it.permission}", which these have: ${it.holders.join(', ')}; nothing was done`,
  }),
  'access.out_of_scope': rule<{ person: string; pointer: string; more: number; permission: string }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) =>
      `"${it.person}" may not change ${it.pointer}${it.more === 0 ? '' : ` and ${it.more} more`}: no role with "${it.permission}" goes so far`,
  }),
  'access.reason_missing': rule<object>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: () => 'an emergency needs a reason, for everybody who looks at it afterwards; nothing was changed',
  }),
  'access.not_waiting': rule<{ attempt: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) => `"${it.attempt}" does not wait for approval`,
  }),
  'access.other_digest': rule<{ attempt: string; digest: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) =>
      `"${it.attempt}" is about ${it.digest}, which is not what you looked at; nothing was approved`,
  }),
  'access.own_change': rule<{ person: string }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) => `"${it.person}" is the author, and somebody else has to agree; it waits on`,
  }),
  'access.not_asked': rule<{ person: string; changeClass: string; roles: string }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) =>
      `the word of "${it.person}" does not count for a change of ${it.changeClass}, expected one of: ${it.roles}; it waits on`,
  }),
  'access.rejected': rule<{ person: string; note: string }>({
    blame: 'operator',
    retry: false,
    status: 403,
    say: (it) => `"${it.person}" said no${it.note === '' ? '' : `: ${it.note}`}`,
  }),
  'access.approval_gone': rule<{ changeClass: string; found: number; expected: number }>({
    blame: 'operator',
    retry: false,
    status: 403,
    say: (it) =>
      `of those who agreed to the change of ${it.changeClass} only ${it.found} still may, expected ${it.expected}`,
  }),
} as const
