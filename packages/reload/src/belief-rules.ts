/**
 * The table of errors, the part on belief: whether an offer is genuine, in time, next, and by whose word; and whose
 * word counts.
 */
import { rule } from './rule.ts'

export const beliefRules = {
  'verify.signature': rule<{ keyid: string }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) => `the signature by key "${it.keyid}" does not fit the payload; the running version stays`,
  }),
  'verify.threshold': rule<{ found: number; expected: number }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) =>
      `${it.found} trusted signatures by distinct keys, expected ${it.expected}; the running version stays`,
  }),
  'verify.payload_type': rule<{ found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 415,
    say: (it) => `payload type "${it.found}", expected "${it.expected}"`,
  }),
  'verify.not_yet': rule<{ notBefore: string }>({
    blame: 'sender',
    retry: true,
    status: 409,
    say: (it) => `the payload may not be applied before ${it.notBefore}`,
  }),
  'verify.expired': rule<{ expires: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) => `the payload expired at ${it.expires}; the running version stays`,
  }),
  'verify.scope': rule<{ found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) => `the payload is for scope "${it.found}", this instance serves "${it.expected}"`,
  }),
  'verify.target': rule<{ instance: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) => `the payload is for other instances, this one is "${it.instance}"`,
  }),
  'verify.below_floor': rule<{ version: string; floor: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) =>
      `version ${it.version} is not above ${it.floor}, the highest this instance has seen; to go back, publish a new version that restores it`,
  }),
  'verify.jump': rule<{ version: string; floor: string; limit: number }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) =>
      `version ${it.version} is more than ${it.limit} above ${it.floor}; the running version stays`,
  }),
  'verify.epoch': rule<{ version: string; floor: string; found: number; expected: number }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) =>
      `version ${it.version} begins a new epoch after ${it.floor} with ${it.found} signatures by root keys, expected ${it.expected}`,
  }),
  'verify.equivocation': rule<{ version: string; found: string; known: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) =>
      `version ${it.version} has digest ${it.found} here and ${it.known} before; one version has one digest for ever`,
  }),
  'verify.previous': rule<{ version: string; found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) => `version ${it.version} builds on ${it.found}, expected ${it.expected}`,
  }),
  'verify.digest': rule<{ what: string; found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) => `${it.what} has digest ${it.found}, expected ${it.expected}; the running version stays`,
  }),
  'verify.conflict': rule<{ found: string; expected: string }>({
    blame: 'sender',
    retry: false,
    status: 412,
    say: (it) =>
      `version ${it.expected} is in force, the change was made for ${it.found}; read the settings again`,
  }),
  'verify.idempotency': rule<{ key: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) => `idempotency key "${it.key}" was used for other bytes`,
  }),
  'trust.unusable': rule<{ reason: string }>({
    blame: 'operator',
    retry: false,
    status: 500,
    say: (it) => `the trust policy cannot be used: ${it.reason}; no payload is taken`,
  }),
  'trust.unvouched': rule<{ version: string }>({
    blame: 'operator',
    retry: false,
    status: 503,
    say: (it) =>
      `the signatures kept with version ${it.version} do not satisfy the trust policy; it does not serve until a version comes that trusted keys have signed`,
  }),
  'trust.unsigned': rule<{ root: number }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) =>
      `not signed: root ${it.root} is in force, and no key of this instance is a publisher of it; seal and sign it ("changeover sign FILE --key KEY"), then offer that; the running version stays`,
  }),
  'trust.fixed': rule<object>({
    blame: 'operator',
    retry: false,
    status: 409,
    say: () => 'this instance trusts a fixed list of keys, or none; only a signed root can be replaced',
  }),
  'trust.root_version': rule<{ found: number; expected: number }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) =>
      `the root has version ${it.found}, expected ${it.expected}: versions grow by one, and never go back; the root in force stays`,
  }),
  'trust.root_conflict': rule<{ version: number; found: string; known: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) =>
      `root ${it.version} has digest ${it.found} here and ${it.known} before; one version has one digest for ever`,
  }),
  'trust.root_signatures': rule<{ whose: string; found: number; expected: number }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) =>
      `the root has ${it.found} signatures by ${it.whose}, expected ${it.expected}; the root in force stays`,
  }),
  'trust.root_expired': rule<{ version: number; expires: string }>({
    blame: 'operator',
    retry: false,
    status: 403,
    say: (it) =>
      `root ${it.version} expired at ${it.expires}, so nothing new is taken; the running version stays, and a new root opens the way`,
  }),
  'trust.withdrawn': rule<{ version: string; root: number }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) =>
      `root ${it.root} came while version ${it.version} was on its way, and its signatures do not suffice any more; the running version stays`,
  }),
} as const
