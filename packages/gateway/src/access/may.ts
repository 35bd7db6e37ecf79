/**
 * Whether somebody may: by permission, and for a change by what it changes.
 *
 * A change is one act, so one role has to allow all of it: two roles that each allow a half would together allow
 * what nobody meant to allow to anyone. Who may what is changed only by those who may `access`.
 */
import type { Grant, Permission } from '../contract/access.ts'
import { classesOf, tenantOf } from './change-classes.ts'

export function may(grants: readonly Grant[], permission: Permission): boolean {
  return grants.some((it) => it.may.has(permission))
}

/** What of a change a person's roles do not allow, the least that any of them leaves; empty when one allows all. */
export function forbiddenParameters(
  grants: readonly Grant[],
  permission: Permission,
  changed: readonly string[],
): readonly string[] {
  const left = grants
    .filter((it) => it.may.has(permission))
    .map((grant) => changed.filter((pointer) => !covers(grant, pointer)))
  return left.toSorted((a, b) => a.length - b.length)[0] ?? changed
}

function covers({ may, changes, tenants }: Grant, pointer: string): boolean {
  const classes = classesOf(pointer)
  // Else whoever may change anything could give himself the rest.
  if (classes.includes('access') && !may.has('access')) return false
  if (changes !== null && !classes.every((it) => changes.has(it))) return false
  if (tenants === null) return true
  const tenant = tenantOf(pointer)
  return tenant !== null && tenants.has(tenant)
}
