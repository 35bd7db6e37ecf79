/** Settings of `access` as an operator writes them, compiled; for the tests of this room. */
import { createHash } from 'node:crypto'
import type { AccessSettings as Written } from '../contract/caller-settings.ts'
import { type CompiledAccess, compileAccess } from './compile-access.ts'
import { approvalsSpec, oidcSpec, peopleSpec, rolesSpec } from './spec.ts'

export const hashOf = (token: string): string => `sha256:${createHash('sha256').update(token).digest('hex')}`

export const tokenOf = (name: string): string => `co_token-of-${name}-0123456789`

/** A person with one token, `tokenOf(name)`. */
export const person = (name: string, ...roles: string[]) => ({
  [name]: { roles, tokens: { laptop: { hash: hashOf(tokenOf(name)) } } },
})

export function accessOf(
  written: Omit<Written, 'callers'>,
  values: Record<string, string> = {},
): CompiledAccess {
  return compileAccess(
    {
      people: peopleSpec.parse(written.people ?? {}),
      roles: rolesSpec.parse(written.roles ?? {}),
      oidc: oidcSpec.parse(written.oidc ?? {}),
      approvals: approvalsSpec.parse(written.approvals ?? {}),
    },
    { generation: 1, fill: (text) => values[text] ?? '' },
  )
}
