/**
 * What the command line of a gateway may say: where settings are, which ports, where state is kept. Everything
 * else is a setting, because a setting can change while it runs and a flag cannot.
 */
import { parseArgs } from 'node:util'

export interface Flags {
  readonly settings: string
  readonly poll: string | null
  readonly host: string
  readonly port: number
  readonly adminHost: string
  readonly adminPort: number
  readonly state: string
  readonly scope: string
  readonly instance: string | null
  /** File of the root to begin with; `CHANGEOVER_TRUST` when it is not said. */
  readonly trust: string | null
  /** A path, `${file:PATH}` or `${env:NAME}`. */
  readonly signingKey: string | null
  /** How old the newest signed word may be; 0 is for ever. */
  readonly staleMs: number
  readonly failClosed: boolean
  readonly drainMs: number
  readonly driftMs: number
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error'
  readonly logFormat: 'pretty' | 'json' | 'logfmt' | null
}

export type FlagsAnswer =
  | { readonly kind: 'run'; readonly flags: Flags }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'wrong'; readonly message: string }

interface FlagSpec {
  readonly type: 'string' | 'boolean'
  readonly value?: string
  readonly about: string
  readonly default?: string
  readonly short?: string
}

export const flagSpecs = {
  settings: {
    type: 'string',
    value: 'PATH',
    default: 'changeover.yaml',
    about: 'settings file or directory; a file that is not there is made',
  },
  poll: { type: 'string', value: 'URL', about: 'ask this URL for the settings instead' },
  port: { type: 'string', value: 'N', default: '8700', about: 'port of the data plane; 0 takes any' },
  host: { type: 'string', value: 'NAME', default: '127.0.0.1', about: 'address of the data plane' },
  'admin-port': { type: 'string', value: 'N', default: '8701', about: 'port of the admin API; 0 takes any' },
  'admin-host': {
    type: 'string',
    value: 'NAME',
    default: '127.0.0.1',
    about: 'address of the admin API; leave it on this machine',
  },
  state: {
    type: 'string',
    value: 'DIR',
    default: '.changeover',
    about: 'what outlives the process; one gateway each',
  },
  scope: {
    type: 'string',
    value: 'NAME',
    default: 'default',
    about: 'the line of settings this gateway follows',
  },
  instance: {
    type: 'string',
    value: 'NAME',
    about: 'name of this instance; default: the name of the machine',
  },
  trust: {
    type: 'string',
    value: 'ROOT',
    about: 'file of a signed root: only what its keys have signed is taken; or CHANGEOVER_TRUST',
  },
  'signing-key': {
    type: 'string',
    value: 'REF',
    about: 'private key of a publisher, such as ${file:gateway.key}, for what is written here and not signed',
  },
  'stale-ms': {
    type: 'string',
    value: 'N',
    default: '0',
    about: 'alarm when the newest signed word is older; 0 is never',
  },
  'fail-closed': { type: 'boolean', about: 'serve nobody while it is older than that' },
  'drain-ms': {
    type: 'string',
    value: 'N',
    default: '30000',
    about: 'how long streams may go on after SIGTERM',
  },
  'drift-ms': {
    type: 'string',
    value: 'N',
    default: '60000',
    about: 'how often an idle gateway looks whether all is as it was applied; 0 is never',
  },
  'log-level': {
    type: 'string',
    value: 'LEVEL',
    default: 'info',
    about: 'until settings are read: trace, debug, info, warn, error',
  },
  'log-format': { type: 'string', value: 'FORM', about: 'until settings are read: pretty, json, logfmt' },
  help: { type: 'boolean', short: 'h', about: 'print this' },
  version: { type: 'boolean', short: 'v', about: 'print the version' },
} as const satisfies Record<string, FlagSpec>

const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const
const formats = ['pretty', 'json', 'logfmt'] as const

export function readFlags(argv: readonly string[]): FlagsAnswer {
  try {
    const { values } = parseArgs({ args: [...argv], options: flagSpecs, strict: true })
    if (values.help === true) return { kind: 'help' }
    if (values.version === true) return { kind: 'version' }
    return { kind: 'run', flags: toFlags(values) }
  } catch (error) {
    return { kind: 'wrong', message: error instanceof Error ? error.message : 'not understood' }
  }
}

type Values = { readonly [Name in keyof typeof flagSpecs]?: string | boolean }

function toFlags(values: Values): Flags {
  const text = (name: keyof typeof flagSpecs): string => String(values[name] ?? '')
  const { poll, instance } = values
  return {
    settings: text('settings'),
    poll: poll === undefined ? null : urlOf(String(poll)),
    host: text('host'),
    port: integer('port', text('port'), 65_535),
    adminHost: text('admin-host'),
    adminPort: integer('admin-port', text('admin-port'), 65_535),
    state: text('state'),
    scope: text('scope'),
    instance: instance === undefined ? null : String(instance),
    trust: textOrNull(values.trust),
    signingKey: textOrNull(values['signing-key']),
    staleMs: integer('stale-ms', text('stale-ms'), 365 * 86_400_000),
    failClosed: values['fail-closed'] === true,
    drainMs: integer('drain-ms', text('drain-ms'), 3_600_000),
    driftMs: integer('drift-ms', text('drift-ms'), 86_400_000),
    logLevel: oneOf('log-level', text('log-level'), levels),
    logFormat: values['log-format'] === undefined ? null : oneOf('log-format', text('log-format'), formats),
  }
}

function textOrNull(value: string | boolean | undefined): string | null {
  return value === undefined ? null : String(value)
}

function integer(name: string, text: string, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : -1
  if (value < 0 || value > most)
    throw new Error(`--${name} is "${text}", expected a number from 0 to ${most}`)
  return value
}

function oneOf<Word extends string>(name: string, text: string, words: readonly Word[]): Word {
  const found = words.find((it) => it === text)
  if (found === undefined) throw new Error(`--${name} is "${text}", expected one of ${words.join(', ')}`)
  return found
}

function urlOf(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Error(`--poll is "${text}", expected an http: or https: URL`)
  return text
}

export function flagsHelp(): string {
  const entries = Object.entries(flagSpecs as Record<string, FlagSpec>)
  const names = entries.map(([name, it]) => {
    const short = it.short === undefined ? '' : `-${it.short}, `
    return `${short}--${name}${it.value === undefined ? '' : ` ${it.value}`}`
  })
  const width = Math.max(...names.map((it) => it.length))
  const lines = entries.map(([, it], i) => {
    const fallback = it.default === undefined ? '' : ` (${it.default})`
    return `  ${(names[i] ?? '').padEnd(width)}  ${it.about}${fallback}`
  })
  return [
    'changeover serve  run a gateway',
    '',
    'flags',
    ...lines,
    '',
    'signals',
    '  SIGHUP           read settings and secrets again',
    '  SIGTERM, SIGINT  stop taking calls, let streams finish, end; a second one ends at once',
    '',
    'environment',
    '  CHANGEOVER_TRUST        the same as --trust',
    '  CHANGEOVER_ADMIN_TOKEN  token of the admin API; default: made once, kept in the state directory',
    '  and whatever the settings name as ${env:NAME}',
  ].join('\n')
}
