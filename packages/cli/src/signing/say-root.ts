/** A root in words: for people who are about to trust it. */
import {
  countRole,
  hasRole,
  ROOT_TYPE,
  type RootDocument,
  readRootBody,
  type Signed,
  type Trust,
  verifySignatures,
} from '@changeover/reload'
import { type Paint, padEnd } from '../render/paint.ts'

/** Enough of a key id to tell it from the others; `--json` has the whole. */
export function shortKey(keyid: string): string {
  return keyid.slice(0, 'sha256:'.length + 12)
}

export function sayRoot(
  document: RootDocument,
  digest: string | null,
  { paint, now }: { readonly paint: Paint; now(): number },
): string[] {
  const { version, expires, roles, owners = {}, approvals = {} } = document
  const isOver = Date.parse(expires) <= now()
  const nameOf = (keyid: string): string =>
    Object.hasOwn(owners, keyid) ? `${owners[keyid]} (${shortKey(keyid)})` : shortKey(keyid)
  const width = Math.max(9, ...Object.keys(roles).map((it) => it.length))
  return [
    `${paint('bold', `root ${version}`)}  ${paint('dim', digest ?? '')}`,
    `  ${padEnd('expires', width)}  ${isOver ? paint('red', `${expires}: nothing new is taken`) : expires}`,
    ...Object.entries(roles).map(
      ([name, { keyids, threshold }]) =>
        `  ${padEnd(name, width)}  ${threshold} of ${keyids.length}: ${keyids.map(nameOf).join(', ')}`,
    ),
    ...Object.entries(approvals).map(
      ([kind, rule]) =>
        `  ${padEnd('approval', width)}  ${kind}: ${rule.threshold} by ${(rule.roles ?? ['approver']).join(' or ')}`,
    ),
  ]
}

/** Whose signatures a root still needs before anybody takes it; none when it is complete. */
export function missingSignatures(signed: Signed, before: Trust | null): string[] {
  const { trust } = readRootBody(signed.body)
  const asked: [Trust, string][] = [[trust, `root keys of its own`]]
  if (before !== null) asked.unshift([before, `root keys of root ${before.version}`])
  return asked.flatMap(([it, whose]) => {
    const keyids = verifySignatures(signed, ROOT_TYPE, it.keys)
    if (hasRole(it, 'root', keyids)) return []
    const role = it.roles.get('root')
    const open = [...(role?.keyids ?? [])].filter((keyid) => !keyids.includes(keyid)).map(shortKey)
    return [
      `needs ${(role?.threshold ?? 1) - countRole(it, 'root', keyids)} more of the ${whose}: ${open.join(', ')}`,
    ]
  })
}
