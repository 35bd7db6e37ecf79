/**
 * The door table: which room may import which, and what is reserved for whom.
 *
 * A room is a folder of a package's `src`, or a file directly in it. A room that is not in the table fails, so
 * each new one is a decision. Sibling rooms meet in `pipeline/`, `control/`, `server/` and `main.ts`.
 */
import { type Import, importsOf } from './imports.ts'
import { isTest, type SourceFile } from './source-tree.ts'

/** Room to the rooms of its own package that it may import. */
type Doors = Readonly<Record<string, readonly string[]>>

const gatewayRooms = [
  'access',
  'apis',
  'cache',
  'calls',
  'catalogue',
  'contexts',
  'counters',
  'guardrails',
  'identity',
  'imports',
  'issuers',
  'policy',
  'providers',
  'routing',
  'transport',
  'uptime',
  'wire',
] as const

/** In packages where `rest` is listed, it stands for all files directly in `src`. */
export const doors: Readonly<Record<string, Doors>> = {
  reload: {
    errors: ['contract', 'error-rules'],
    'error-rules': ['belief-rules', 'rule'],
    'belief-rules': ['rule'],
    rule: [],
    contract: ['errors'],
    'system-clock': ['contract'],
    looks: [],
    format: ['contract', 'errors'],
    trust: ['contract', 'errors', 'format'],
    rollout: ['contract', 'errors', 'format'],
    engine: ['contract', 'errors', 'format', 'rollout', 'system-clock', 'trust'],
    handles: ['contract', 'errors', 'looks', 'system-clock'],
    stores: ['contract', 'errors', 'looks', 'system-clock'],
    'create-reloader': ['contract', 'engine', 'stores', 'system-clock'],
    index: [
      'contract',
      'create-reloader',
      'engine',
      'errors',
      'format',
      'handles',
      'looks',
      'rollout',
      'stores',
      'system-clock',
      'trust',
    ],
  },
  otel: {
    rest: ['logs', 'metrics', 'traces', 'wire'],
    logs: ['rest'],
    metrics: ['rest', 'wire'],
    traces: ['rest', 'wire'],
    wire: ['rest', 'logs', 'metrics', 'traces'],
  },
  gateway: {
    errors: ['access-errors', 'api-errors', 'identity-errors', 'upstream-errors'],
    'api-errors': ['errors'],
    'access-errors': ['errors'],
    'identity-errors': ['errors'],
    'upstream-errors': ['errors'],
    contract: ['errors'],
    // Below both that prove somebody by a token of an issuer.
    issuers: ['contract', 'errors'],
    access: ['contract', 'errors', 'issuers'],
    apis: ['contract', 'errors'],
    cache: ['contract', 'errors'],
    calls: ['contract', 'errors'],
    // Beside control: its worker reads the call log, as plan's does.
    cause: ['contract', 'errors', 'calls'],
    // Beside control: its worker reads the call log and prices it by versions of the settings.
    bills: ['contract', 'errors', 'settings', 'calls', 'catalogue', 'providers', 'routing'],
    catalogue: ['contract', 'errors'],
    contexts: ['contract', 'errors'],
    counters: ['contract', 'errors'],
    guardrails: ['contract', 'errors'],
    identity: ['contract', 'errors', 'issuers'],
    imports: ['contract'],
    policy: ['contract', 'errors'],
    providers: ['contract', 'errors', 'wire'],
    routing: ['contract', 'errors'],
    transport: ['contract', 'errors'],
    uptime: ['contract', 'errors'],
    wire: ['contract', 'errors'],
    settings: ['contract', 'errors', ...gatewayRooms],
    pipeline: ['contract', 'errors', 'settings', ...gatewayRooms],
    // Beside control: it compiles versions as pipeline does, and replays the record through them.
    plan: ['contract', 'errors', 'settings', 'pipeline', ...gatewayRooms],
    control: [
      'contract',
      'errors',
      'settings',
      'access',
      'apis',
      'bills',
      'calls',
      'cause',
      'identity',
      'pipeline',
      'plan',
      'uptime',
    ],
    server: ['contract', 'errors', 'control', 'pipeline', 'routing', 'wire'],
    version: [],
    boot: [
      'contract',
      'errors',
      'settings',
      'pipeline',
      'plan',
      'cause',
      'control',
      'server',
      'version',
      ...gatewayRooms,
    ],
    main: ['boot'],
    index: ['contract', 'errors', 'boot', 'version'],
  },
  sdk: { rest: ['generated'], generated: [] },
  cli: {
    rest: ['commands', 'doctor', 'render'],
    commands: ['rest', 'bills', 'doctor', 'render', 'signing'],
    bills: ['rest', 'render', 'signing'],
    signing: ['rest', 'render'],
    doctor: ['rest', 'render'],
    render: ['rest'],
  },
  testkit: { rest: ['fake-wires'], 'fake-wires': [] },
}

/** Package to the packages of ours that it may import, always by name and never by path. */
export const packageDoors: Readonly<Record<string, readonly string[]>> = {
  reload: [],
  otel: ['reload'],
  gateway: ['reload', 'otel'],
  sdk: [],
  cli: ['reload', 'sdk', 'gateway'],
  testkit: ['reload'],
}

interface Reserved {
  readonly what: RegExp
  /** Prefixes of the paths that may. */
  readonly for: readonly string[]
  readonly why: string
}

/** Outside tests. */
export const reserved: readonly Reserved[] = [
  { what: /^undici$/, for: ['packages/gateway/src/transport/'], why: 'only transport/ talks to providers' },
  {
    what: /^node:https?$/,
    for: [
      'packages/gateway/src/server/',
      'packages/gateway/src/uptime/',
      'packages/reload/src/handles/',
      'packages/otel/src/wire/',
    ],
    why: 'only server/ serves, and only handles, probes and exporters ask',
  },
  {
    what: /^node:sqlite$/,
    for: ['packages/gateway/src/calls/', 'packages/gateway/src/apis/', 'packages/gateway/src/policy/'],
    why: 'only calls/ keeps call records, apis/ subscriptions, and policy/ what was spent',
  },
  {
    what: /^(ioredis|postgres)(\/|$)/,
    for: ['packages/gateway/src/counters/', 'packages/gateway/src/cache/'],
    why: 'only counters/ counts through servers, and cache/ keeps answers in one',
  },
  { what: /^@opentelemetry\//, for: ['packages/otel/'], why: 'OpenTelemetry stays behind the otel package' },
  {
    what: /^(yaml|smol-toml)(\/|$)/,
    for: ['packages/gateway/src/settings/'],
    why: 'only settings/ reads what people write',
  },
  {
    what: /^(hono|@hono\/[\w-]+)(\/|$)/,
    for: [
      'packages/gateway/src/control/',
      'packages/gateway/src/server/',
      'packages/gateway/src/boot/load-api.ts',
    ],
    why: 'the request path has no framework',
  },
  { what: /^node:child_process$/, for: ['packages/cli/'], why: 'the product starts no processes' },
  {
    what: /^(vitest|fast-check|@changeover\/testkit)(\/|$)/,
    for: [],
    why: 'only tests use the tools of tests',
  },
]

/** Every import that goes through no door. */
export function brokenDoors(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => importsOf(file).flatMap((it) => brokenDoor(file.path, it)))
}

/** Rooms that the table does not know. */
export function unlistedRooms(files: readonly SourceFile[]): string[] {
  const unlisted = new Set<string>()
  for (const { path } of files) {
    const place = placeOf(path)
    if (place === null) continue
    const table = doors[place.package]
    if (table === undefined) unlisted.add(`packages/${place.package}: not in the door table`)
    else if (table[place.room] === undefined) {
      unlisted.add(`packages/${place.package}/src/${place.room}: not in the door table`)
    }
  }
  return [...unlisted]
}

function brokenDoor(path: string, it: Import): string[] {
  const say = (why: string) => [`${path}: imports "${it.name}"; ${why}`]
  const from = placeOf(path)
  const to = it.file === null ? null : placeOf(it.file)
  if (!isTest(path) && from !== null) {
    const rule = reserved.find((rule) => rule.what.test(it.name))
    if (rule !== undefined && !rule.for.some((prefix) => path.startsWith(prefix))) return say(rule.why)
  }
  const ours = /^@changeover\/([\w-]+)(\/.*)?$/.exec(it.name)
  if (ours !== null && ours[2] !== undefined) return say('a package has one door, its name')
  if (from === null) {
    // Scripts run without a build, and the proof seals payloads as only the engine's own format room can.
    const mayReachIn =
      path.startsWith('scripts/') || (path.startsWith('tests/proof/') && to?.room === 'format')
    return to === null || mayReachIn ? [] : say('packages are imported by name, not by path')
  }
  if (ours !== null)
    return isOpenPackage(path, from.package, ours[1] ?? '') ? [] : say(`${from.package} may not import it`)
  if (from.package === 'reload' && it.file === null && !it.name.startsWith('node:') && !isTest(path)) {
    return say('reload has no dependency')
  }
  if (it.file === null || isTest(path)) return []
  if (to === null || to.package !== from.package) {
    return it.file.endsWith('/package.json') ? [] : say('packages are imported by name, not by path')
  }
  if (to.room === from.room) return []
  const isOpen = doors[from.package]?.[from.room]?.includes(to.room) ?? false
  return isOpen ? [] : say(`${from.room} may not import ${to.room}`)
}

function isOpenPackage(path: string, from: string, to: string): boolean {
  if (isTest(path) && to === 'testkit') return true
  return packageDoors[from]?.includes(to) ?? false
}

function placeOf(path: string): { readonly package: string; readonly room: string } | null {
  const [, name, inside] = /^packages\/([^/]+)\/src\/(.+)$/.exec(path) ?? []
  if (name === undefined || inside === undefined) return null
  const [first = '', ...more] = inside.split('/')
  if (more.length > 0) return { package: name, room: first }
  return {
    package: name,
    room: doors[name]?.['rest'] === undefined ? first.replace(/(\.test)?\.ts$/, '') : 'rest',
  }
}

const ENVIRONMENT = /\bprocess\s*\.\s*(env|argv)\b/

/** Settings come as arguments: the environment is read where a process begins, and nowhere else. */
export function environmentReads(
  files: readonly { readonly path: string; readonly code: string }[],
): string[] {
  const mayRead = ['packages/gateway/src/main.ts', 'packages/cli/']
  return files
    .filter(({ path }) => !isTest(path) && !mayRead.some((it) => path.startsWith(it)))
    .filter(({ code }) => ENVIRONMENT.test(code))
    .map(({ path }) => `${path}: reads process.env or process.argv; only main.ts and the command line do`)
}
