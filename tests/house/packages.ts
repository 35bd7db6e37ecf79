/** What the manifests depend on, against what `docs/reference/dependencies.md` says about it. */

export interface Manifest {
  /** Folder of the manifest: `packages/gateway`, or `.` for the root. */
  readonly folder: string
  readonly dependencies: readonly string[]
}

const FIELDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const

export function manifestOf(folder: string, text: string): Manifest {
  const parsed = JSON.parse(text) as Partial<Record<(typeof FIELDS)[number], Record<string, string>>>
  return { folder, dependencies: FIELDS.flatMap((it) => Object.keys(parsed[it] ?? {})).sort() }
}

/** Versions that are ranges: an install next month would bring what nobody has looked at. */
export function looseVersions(folder: string, text: string): string[] {
  const parsed = JSON.parse(text) as Partial<Record<(typeof FIELDS)[number], Record<string, string>>>
  const all = FIELDS.flatMap((it) => Object.entries(parsed[it] ?? {}))
  return all
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${folder}: "${name}" is "${version}", expected one exact version`)
}

/** Section by folder: name to reason. */
export function reasonsIn(markdown: string): Map<string, Map<string, string>> {
  const reasons = new Map<string, Map<string, string>>()
  let section = new Map<string, string>()
  for (const line of markdown.split('\n')) {
    const folder = /^## `([^`]+)`/.exec(line)?.[1]
    if (folder !== undefined) {
      section = new Map()
      reasons.set(folder, section)
    }
    const [, name, reason] = /^\| `([^`]+)` \| (.*) \|$/.exec(line) ?? []
    if (name !== undefined) section.set(name, (reason ?? '').trim())
  }
  return reasons
}

/** Dependencies without a reason, and reasons without a dependency. */
export function undocumented(manifests: readonly Manifest[], markdown: string): string[] {
  const reasons = reasonsIn(markdown)
  return manifests.flatMap(({ folder, dependencies }) => {
    const section = reasons.get(folder) ?? new Map<string, string>()
    const missing = dependencies.filter((it) => (section.get(it) ?? '').split(/\s+/).length < 3)
    const surplus = [...section.keys()].filter((it) => !dependencies.includes(it))
    return [
      ...missing.map((it) => `${folder}: "${it}" has no reason in docs/reference/dependencies.md`),
      ...surplus.map((it) => `${folder}: "${it}" has a reason but is no dependency`),
    ]
  })
}
