/**
 * Who asks through the admin API, and what they may.
 *
 * An identity is what was proven: by the token of the state directory, by a named token, or by a signed token of
 * an identity provider. What it may do is looked up in the settings in force each time it is asked for, so that
 * a role which was taken away is gone at once.
 *
 * Not here: proving it (`access/`), and which route needs what (`control/route-permissions.ts`).
 */

/** Everything that can be allowed, from least to most. */
export const PERMISSIONS = ['read', 'plan', 'change', 'approve', 'operate', 'emergency', 'access'] as const
export type Permission = (typeof PERMISSIONS)[number]

/** How tokens of identity providers may be signed: with a shared key, whoever checks a token could make it. */
export const SIGNATURE_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number]

/** One role that somebody holds. */
export interface Grant {
  readonly role: string
  readonly may: ReadonlySet<Permission>
  /** Classes of change that it may make; `null` for all. */
  readonly changes: ReadonlySet<string> | null
  /** Tenants whose settings it may change; `null` for all. */
  readonly tenants: ReadonlySet<string> | null
}

export interface Identity {
  /** `owner` for the token of the state directory, `user:bo`, or `user:corp/248289` for one whom no entry names. */
  readonly person: string
  readonly by: 'owner' | 'token' | 'oidc'
  /** Entry of `access.people`; `null` for the owner and for whoever is known to the identity provider only. */
  readonly name: string | null
  /** Of an identity provider: which, and the values of its claim for roles. */
  readonly claimed: { readonly provider: string; readonly values: readonly string[] } | null
}

/** The one whose token lies in the state directory: whoever may read that may do everything anyway. */
export const OWNER: Identity = { person: 'owner', by: 'owner', name: null, claimed: null }

/** What an answer to a request for identity may cost its caller: nothing but the time of a lookup. */
export type Identify = (authorization: string | undefined) => Promise<Identity>
