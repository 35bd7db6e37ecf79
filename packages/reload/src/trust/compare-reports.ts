/**
 * Whether two instances were told the same: the alarm for a source with two faces.
 *
 * A publisher, or whoever stands before it, may give one version two contents, one for each of two instances. Neither
 * can notice alone, because each sees one digest for each version. Held next to each other, the reports show it: the
 * same number with different digests, of versions or of roots.
 *
 * What one of them has not seen says nothing; instances may be behind.
 */
import type { ReloaderStatus } from '../contract/reloader.ts'
import type { InstanceRecords, StoredVersion } from '../contract/store.ts'

/** What one instance has been told, as far as it remembers. */
export interface InstanceReport {
  readonly scope: string
  readonly instance: string
  readonly versions: readonly StoredVersion[]
  readonly root: { readonly version: number; readonly digest: string } | null
}

/** One number with two contents. */
export interface Disagreement {
  readonly code: 'verify.equivocation' | 'trust.root_conflict'
  /** `1.42`, or `root 3`. */
  readonly version: string
  readonly instances: readonly [string, string]
  readonly digests: readonly [string, string]
}

/** The report of an instance out of what it shows: its pointers and its line. */
export function reportOf(status: ReloaderStatus, line: InstanceRecords['line']): InstanceReport {
  const { scope, instance, root } = status
  const pointers = [status.offered, status.applied, status.confirmed, status.baseline, status.floor]
  const versions = [...pointers, ...line].flatMap((it) =>
    it === null ? [] : [{ version: it.version, digest: it.digest }],
  )
  return {
    scope,
    instance,
    versions,
    root: root === null ? null : { version: root.version, digest: root.digest },
  }
}

/** Every number that the two have with different contents. None for instances of different scopes. */
export function compareReports(a: InstanceReport, b: InstanceReport): readonly Disagreement[] {
  if (a.scope !== b.scope) return []
  const instances = [a.instance, b.instance] as const
  const known = new Map(a.versions.map((it) => [it.version, it.digest]))
  const seen = new Set<string>()
  const found = b.versions.flatMap(({ version, digest }): Disagreement[] => {
    const other = known.get(version)
    if (other === undefined || other === digest || seen.has(version)) return []
    seen.add(version)
    return [{ code: 'verify.equivocation', version, instances, digests: [other, digest] }]
  })
  const [ours, theirs] = [a.root, b.root]
  if (ours === null || theirs === null) return found
  if (ours.version !== theirs.version || ours.digest === theirs.digest) return found
  const version = `root ${ours.version}`
  const digests = [ours.digest, theirs.digest] as const
  return [...found, { code: 'trust.root_conflict', version, instances, digests }]
}
