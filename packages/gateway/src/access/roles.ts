/**
 * The roles that are there without being set. Their names cannot be given to others, so a role means the same
 * in every installation.
 *
 * `emergency` alone changes nothing in the ordinary way: whoever holds only that role can act only by saying so,
 * with a reason, and every such act is written down as one.
 */
import { type Grant, PERMISSIONS, type Permission } from '../contract/access.ts'

const built: Readonly<Record<string, readonly Permission[]>> = {
  approver: ['read', 'plan', 'approve'],
  emergency: ['read', 'plan', 'emergency'],
  operator: ['read', 'plan', 'operate'],
  owner: PERMISSIONS,
  publisher: ['read', 'plan', 'change'],
  viewer: ['read'],
}

export const BUILT_IN_ROLES: readonly string[] = Object.keys(built)

export const builtInGrants: ReadonlyMap<string, Grant> = new Map(
  Object.entries(built).map(([role, may]) => [
    role,
    Object.freeze({ role, may: new Set(may), changes: null, tenants: null }),
  ]),
)
