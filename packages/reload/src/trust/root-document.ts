/**
 * The form of a root: read strictly, because whatever it says decides who may say anything.
 *
 * A root that could never be satisfied, or that says less than it seems to, is refused whole: a threshold above the
 * number of keys, a role with a key that is not listed, a key under a name that is not its digest.
 *
 * Not here: whose word a root is (`root.ts`).
 */
import type { Json } from '../contract/payload.ts'
import type { RootDocument } from '../contract/trust.ts'
import { canonicalJson } from '../format/canonical.ts'
import * as check from '../format/check.ts'
import { deepFreeze } from '../format/freeze.ts'
import { parseInstant } from '../format/instant.ts'
import { FORBIDDEN_KEYS, parseJson, readUtf8 } from '../format/json.ts'
import { pointTo } from '../format/pointer.ts'

/** Bytes of one root with its signatures: two dozen keys with their owners take a tenth of it. */
export const ROOT_BYTES = 64 * 1024
const MOST_KEYS = 64
const MOST_ROLES = 32

const { objectOf, mapOf, listOf, integer, text, oneOf } = check

const KEY_ID = /^sha256:[0-9a-f]{64}$/
const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/

const keyid = text({ expected: '"sha256:" and 64 lower-case hex digits', longest: 71, shape: KEY_ID })
const roleName = text({
  expected: 'letters, digits, "_" and "-", a letter first',
  longest: 64,
  shape: NAME,
  accepts: (it) => !FORBIDDEN_KEYS.has(it),
})
const instant = text({
  expected: 'an RFC 3339 instant such as "2026-01-31T09:30:00Z"',
  longest: 40,
  accepts: (it) => parseInstant(it) !== null,
})
const pem = text({ expected: 'a public key in PEM', longest: 1024, hidden: true })
const owner = text({
  expected: 'an author such as "user:ann", without control characters',
  longest: 256,
  shape: /^[^\p{Cc}]+$/u,
})
const role = objectOf({
  required: {
    keyids: listOf(keyid, 'keys', MOST_KEYS, 1),
    threshold: integer(1, MOST_KEYS),
  },
})
const rule = objectOf({
  required: { threshold: integer(1, MOST_KEYS) },
  optional: { roles: listOf(roleName, 'roles', MOST_ROLES, 1) },
})

const rootCheck = objectOf(
  {
    required: {
      apiVersion: oneOf('trust/v1'),
      kind: oneOf('TrustRoot'),
      version: integer(1, Number.MAX_SAFE_INTEGER),
      issuedAt: instant,
      expires: instant,
      keys: mapOf(pem, 'keys', MOST_KEYS),
      roles: mapOf(role, 'roles', MOST_ROLES),
    },
    optional: { owners: mapOf(owner, 'owners', MOST_KEYS), approvals: mapOf(rule, 'rules', 64) },
  },
  (root, at, findings) => {
    compareRoles(root, at, findings)
    compareEmergency(root, at, findings)
    compareApprovals(root, at, findings)
    compareOwners(root, at, findings)
  },
)

/** Reads a root's bytes. Throws `payload.*` with every issue found, each with its pointer into the root. */
export function readRootDocument(bytes: Uint8Array): RootDocument {
  const what = 'the root'
  const json = parseJson(readUtf8(bytes, what), { what, depth: 8, count: 10_000 })
  const findings = new check.Findings()
  rootCheck(json, '', findings)
  findings.throwIfAny(what)
  return deepFreeze(json as unknown as RootDocument)
}

/** The bytes of a root to sign: canonical, so that the same root is the same bytes. Throws like reading it. */
export function writeRootDocument(document: RootDocument): Uint8Array {
  const bytes = new TextEncoder().encode(canonicalJson(document as unknown as Json))
  readRootDocument(bytes)
  return bytes
}

type Fields = { readonly [key: string]: Json }

const fieldsOf = (value: Json | undefined): Fields => (check.isObject(value) ? value : {})
const listIn = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])

/** Roles that must be there; keys that are listed, each once; thresholds that can be met. */
function compareRoles(root: Fields, at: string, findings: check.Findings): void {
  const keys = fieldsOf(root['keys'])
  const roles = fieldsOf(root['roles'])
  for (const name of ['root', 'publisher']) {
    if (!Object.hasOwn(roles, name)) findings.expected(pointTo(`${at}/roles`, name), 'nothing', 'this role')
  }
  for (const [name, value] of Object.entries(roles)) {
    const here = pointTo(`${at}/roles`, name)
    roleName(name, here, findings)
    const { keyids, threshold } = fieldsOf(value)
    const named = listIn(keyids)
    named.forEach((it, i) => {
      const place = `${here}/keyids/${i}`
      if (typeof it === 'string' && !Object.hasOwn(keys, it))
        findings.expected(place, 'a key that is not listed', 'one of "keys"')
      if (named.indexOf(it) !== i) findings.expected(place, 'a key a second time', 'each once')
    })
    if (typeof threshold === 'number' && threshold > named.length)
      findings.expected(
        `${here}/threshold`,
        String(threshold),
        `at most ${named.length}, the keys of this role`,
      )
  }
}

/**
 * A key for emergencies is for nothing else: whatever it signs needs nobody's consent, so a publisher who holds it would
 * never be asked for any.
 */
function compareEmergency(root: Fields, at: string, findings: check.Findings): void {
  const { emergency, ...others } = fieldsOf(root['roles'])
  const used = new Set(Object.values(others).flatMap((it) => listIn(fieldsOf(it)['keyids'])))
  listIn(fieldsOf(emergency)['keyids']).forEach((it, i) => {
    if (used.has(it))
      findings.expected(`${at}/roles/emergency/keyids/${i}`, 'a key of another role too', 'a key of its own')
  })
}

/** Rules that name roles that there are, with enough keys to ever be satisfied. */
function compareApprovals(root: Fields, at: string, findings: check.Findings): void {
  const roles = fieldsOf(root['roles'])
  for (const [changeClass, value] of Object.entries(fieldsOf(root['approvals']))) {
    const here = pointTo(`${at}/approvals`, changeClass)
    const asked = fieldsOf(value)
    const names = asked['roles'] === undefined ? ['approver'] : listIn(asked['roles'])
    const keyids = new Set<Json>()
    names.forEach((name, i) => {
      const known = typeof name === 'string' && Object.hasOwn(roles, name) ? roles[name] : undefined
      if (known === undefined)
        findings.expected(`${here}/roles/${i}`, 'a role that there is not', 'one of "roles"')
      for (const it of listIn(fieldsOf(known)['keyids'])) keyids.add(it)
    })
    const { threshold } = asked
    const isKnown = names.every((it) => typeof it === 'string' && Object.hasOwn(roles, it))
    if (isKnown && typeof threshold === 'number' && threshold > keyids.size)
      findings.expected(
        `${here}/threshold`,
        String(threshold),
        `at most ${keyids.size}, the keys of its roles`,
      )
  }
}

function compareOwners(root: Fields, at: string, findings: check.Findings): void {
  const keys = fieldsOf(root['keys'])
  for (const it of Object.keys(fieldsOf(root['owners']))) {
    if (!Object.hasOwn(keys, it))
      findings.expected(pointTo(`${at}/owners`, it), 'a key that is not listed', 'one of "keys"')
  }
}
