/**
 * Every way in which a caller can be nobody, or less than he thought: the part of the gateway's table that is about who calls.
 * One table all the same: whoever asks for a code asks `errors.ts`.
 */
import type { Rule } from './errors.ts'

const rule = <Details>(it: Rule<Details>): Rule<Details> => it

export const identityRules = {
  'identity.missing_key': rule<object>({
    blame: 'sender',
    retry: false,
    status: 401,
    say: () => 'no key given; send "Authorization: Bearer <key>"',
  }),
  'identity.foreign_page': rule<object>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: () =>
      'a web page of somewhere else made this request, expected one of this machine or none: where no key is asked for, any page could spend your money; give callers keys to let pages in',
  }),
  'identity.unknown_key': rule<object>({
    blame: 'sender',
    retry: false,
    status: 401,
    say: () => 'the key given is not known here',
  }),
  'identity.expired_key': rule<object>({
    blame: 'sender',
    retry: false,
    status: 401,
    say: () => 'the key given has expired',
  }),
  'identity.mistyped_key': rule<object>({
    blame: 'sender',
    retry: false,
    status: 401,
    say: () =>
      'the key given is not known here, and not as it was made: its checksum does not fit its letters',
  }),
  'identity.disabled': rule<object>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: () => 'the key given is known, but it, its team or its tenant is switched off',
  }),
  'identity.revoked': rule<object>({
    blame: 'operator',
    retry: false,
    status: 401,
    say: () => 'the key of this call was withdrawn while the call ran; what was answered until then stands',
  }),
  'identity.token_refused': rule<object>({
    blame: 'sender',
    retry: false,
    status: 401,
    say: () => 'the token given is not one that is taken here',
  }),
  'identity.token_expired': rule<object>({
    blame: 'sender',
    retry: false,
    status: 401,
    say: () => 'the token given has expired',
  }),
  'identity.no_tenant': rule<object>({
    blame: 'operator',
    retry: false,
    status: 403,
    say: () => 'the token given is good, but it leads to no tenant or team that is there',
  }),
  'identity.keys_unreachable': rule<object>({
    blame: 'upstream',
    retry: true,
    status: 503,
    say: () => 'the keys of the issuer of this token cannot be had at the moment; keys of tenants still work',
  }),
  'identity.busy': rule<object>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: () => 'too many tokens that were not seen before come in at once; send it again in a moment',
  }),
  'identity.key_exists': rule<{ key: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) => `there is a key "${it.key}" already; rotate it, or choose another name; nothing was changed`,
  }),
  'identity.no_such_key': rule<{ key: string }>({
    blame: 'sender',
    retry: false,
    status: 404,
    say: (it) => `there is no key "${it.key}"; nothing was changed`,
  }),
  'identity.no_such_tenant': rule<{ tenant: string }>({
    blame: 'sender',
    retry: false,
    status: 404,
    say: (it) => `there is no tenant "${it.tenant}"; nothing was changed`,
  }),
  'identity.not_allowed': rule<{ model: string }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) => `this key may not call "${it.model}"`,
  }),
}
