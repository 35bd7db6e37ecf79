/** Makes the settings file of a run from `changeover.yaml`: the provider's port, and as many routes and keys as a big user has. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { features } from '../features.ts'

export const callerKey = 'bench-key-of-the-caller'

const routeCount = 50
const tenantCount = 20
const keyCount = 1_000

export function writeSettings(upstreamPort: number): string {
  const base = readFileSync(new URL('../changeover.yaml', import.meta.url), 'utf8')
  return base
    .replaceAll('http://127.0.0.1:9000', `http://127.0.0.1:${upstreamPort}`)
    .replace('  # further routes\n', writeRoutes())
    .replace('  # further tenants\n', writeTenants())
}

function writeRoutes(): string {
  const routes = Array.from(
    { length: routeCount - 1 - features.length },
    (_, i) => `  route-${i + 1}:
    targets:
      - { model: bench-a, weight: ${i + 1} }
      - { model: bench-b, weight: ${routeCount - i} }
    fallback: [bench-b]
`,
  )
  return routes.join('')
}

/** One key less than the full number: the caller's own is in the file already. */
function writeTenants(): string {
  const perTenant = keyCount / tenantCount
  const tenants = Array.from({ length: tenantCount }, (_, tenant) => {
    const first = tenant * perTenant + (tenant === 0 ? 1 : 0)
    const keys = Array.from({ length: (tenant + 1) * perTenant - first }, (_key, i) => first + i)
    return `  tenant-${tenant}:\n    limit: plenty\n    keys:\n${keys.map(writeKey).join('')}`
  })
  return tenants.join('')
}

/** The same tenants and keys as a tree, each tenant with these settings beside. */
export function benchTenants(more: object): Readonly<Record<string, object>> {
  const perTenant = keyCount / tenantCount
  const tenants = Array.from({ length: tenantCount }, (_, tenant) => {
    const keys = Array.from({ length: perTenant }, (_key, i) => tenant * perTenant + i)
    const hashes = keys.map((i) => [`key-${i}`, { hash: `sha256:${hashOf(`bench-key-${i}`)}` }])
    return [`tenant-${tenant}`, { ...more, keys: Object.fromEntries(hashes) as object }] as const
  })
  const own = { ...more, keys: { caller: { hash: `sha256:${hashOf(callerKey)}` } } }
  return Object.fromEntries([['bench', own], ...tenants])
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

function writeKey(i: number): string {
  return `      key-${i}: { hash: "sha256:${hashOf(`bench-key-${i}`)}" }\n`
}
