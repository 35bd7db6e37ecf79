/**
 * A gateway as a user starts it: a process of its own, with flags, a settings file and a state directory, on free
 * ports of loopback. Nothing in here reaches into it but by its doors: files, HTTP, signals, the command line.
 *
 * Not here: what it is pointed at (`echo-provider.ts`, testkit's collector).
 */
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Client, createClient } from '@changeover/sdk'
import { type Ended, NodeScript } from '@changeover/testkit'
import { until } from './until.ts'

export interface GatewayOptions {
  /** Text of the settings file. Without it the gateway makes its first one. */
  readonly settings?: string
  /** Default `changeover.yaml`. */
  readonly file?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly flags?: readonly string[]
  readonly nodeFlags?: readonly string[]
  /** Whether to go on when the first settings are refused. Default false: that is a mistake of the test. */
  readonly mayBeRefused?: boolean
}

export interface CommandAnswer extends Ended {
  /** Both outputs, as they came. */
  readonly text: string
}

/** Whatever the machine has in its environment that a gateway or the command line would read. */
const CLEAN: Readonly<Record<string, undefined>> = Object.fromEntries(
  [
    'OPENAI_API_KEY ANTHROPIC_API_KEY GEMINI_API_KEY MISTRAL_API_KEY CHANGEOVER_ADMIN_TOKEN CHANGEOVER_URL',
    'CHANGEOVER_STATE CHANGEOVER_TRUST TRACEPARENT TRACESTATE NODE_OPTIONS',
  ].flatMap((it) => it.split(' ').map((name) => [name, undefined])),
)

const program = (path: string): string => fileURLToPath(new URL(`../../../packages/${path}`, import.meta.url))
const gatewayProgram = program('gateway/src/main.ts')
const commandProgram = program('cli/src/changeover.ts')

export class Gateway {
  readonly folder: string
  readonly settingsPath: string
  process: NodeScript
  dataUrl = ''
  adminUrl = ''
  token = ''
  private readonly options: GatewayOptions
  private edits = 0

  private constructor(folder: string, options: GatewayOptions) {
    this.folder = folder
    this.options = options
    this.settingsPath = join(folder, options.file ?? 'changeover.yaml')
    this.process = this.spawn()
  }

  /** Resolves when the gateway says that it serves, or that it cannot yet. */
  static async start(options: GatewayOptions = {}): Promise<Gateway> {
    const folder = await mkdtemp(join(tmpdir(), 'changeover-journey-'))
    if (options.settings !== undefined) {
      await writeFile(join(folder, options.file ?? 'changeover.yaml'), options.settings)
    }
    const gateway = new Gateway(folder, options)
    try {
      await gateway.opened()
    } catch (error) {
      await gateway[Symbol.asyncDispose]()
      throw error
    }
    return gateway
  }

  /** A new process over the same files, after the last one has ended. Ports are new. */
  async again(): Promise<void> {
    this.process = this.spawn()
    await this.opened()
  }

  /** As the SDK asks it. */
  get admin(): Client {
    return createClient({ url: this.adminUrl, token: this.token })
  }

  get statePath(): string {
    return join(this.folder, '.changeover')
  }

  /** A request to the admin API as `curl` would send it. */
  ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}`, ...(init.headers as Record<string, string>) }
    return fetch(`${this.adminUrl}${path}`, { ...init, headers })
  }

  /** A merge patch, as `curl -X PATCH` would send it. */
  patch(change: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const type = { 'content-type': 'application/merge-patch+json' }
    const body = JSON.stringify(change)
    return this.ask('/v1/settings', { method: 'PATCH', headers: { ...type, ...headers }, body })
  }

  /** One plain chat request. */
  chat(body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.dataUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  }

  /** Replaces the settings file as most editors do: a new file, renamed over the old one. */
  async edit(change: (text: string) => string): Promise<void> {
    const next = change(await this.settingsText())
    this.edits += 1
    const draft = join(this.folder, `.edit-${this.edits}`)
    await writeFile(draft, next)
    await rename(draft, this.settingsPath)
  }

  settingsText(): Promise<string> {
    return readFile(this.settingsPath, 'utf8')
  }

  /** Version in force, by the admin API. */
  async version(): Promise<string> {
    return (await this.admin.ask('readSettings')).version
  }

  /** Resolves when no attempt is in work and none is observed. */
  async idle(): Promise<void> {
    const isIdle = async () => (await this.admin.ask('readStatus')).state === 'idle'
    await until(isIdle, { what: 'an idle gateway', timeoutMs: 30_000 })
  }

  /** `changeover ARGS…` in the gateway's folder. */
  async command(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandAnswer> {
    const run = new NodeScript(commandProgram, {
      args,
      cwd: this.folder,
      env: { ...CLEAN, NO_COLOR: '1', CHANGEOVER_URL: this.adminUrl, ...env },
    })
    const ended = await run.ended
    return { ...ended, text: run.lines.join('\n') }
  }

  /** Ends it as an operator does. */
  stop(): Promise<Ended> {
    return this.process.kill('SIGTERM')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.kill()
    await rm(this.folder, { recursive: true, force: true })
  }

  private spawn(): NodeScript {
    const { flags = [], env = {}, nodeFlags = [], file = 'changeover.yaml' } = this.options
    const ports = ['--port', '0', '--admin-port', '0']
    return new NodeScript(gatewayProgram, {
      args: ['--settings', file, ...ports, '--instance', 'journey', ...flags],
      cwd: this.folder,
      env: { ...CLEAN, ...env },
      nodeFlags,
    })
  }

  private async opened(): Promise<void> {
    const addressIn = async (row: RegExp): Promise<string> =>
      row.exec(await this.process.line(row, 30_000))?.[1] ?? ''
    const state = await this.process.line(/^ {2}Changeover /, 30_000)
    if (!/ ready in /.test(state) && this.options.mayBeRefused !== true) {
      await this.process.line(/ and save: it is read again/)
      throw new Error(`the gateway refused its first settings\n${this.process.lines.join('\n')}`)
    }
    this.dataUrl = await addressIn(/^ {2}models +(http:\S+)\/v1/)
    this.adminUrl = await addressIn(/^ {2}admin +(http:\S+)/)
    const given = this.options.env?.['CHANGEOVER_ADMIN_TOKEN']
    this.token = given ?? (await readFile(join(this.statePath, 'admin-token'), 'utf8')).trim()
  }
}
