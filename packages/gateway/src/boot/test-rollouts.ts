/** A gateway with forty tenants, a provider that works and one that does not. For tests of how changes come in. */
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { readFlags } from './flags.ts'
import { type Running, run } from './run.ts'

export const TENANTS = Array.from({ length: 40 }, (_, i) => `t${i}`)

export const settings = (more: { rollout?: object; failureRate?: number } = {}): string =>
  JSON.stringify({
    providers: {
      sim: { kind: 'simulated', simulate: { firstTokenMs: 0, tokens: 1 } },
      bad: {
        kind: 'simulated',
        simulate: { firstTokenMs: 0, tokens: 1, failureRate: more.failureRate ?? 1 },
      },
    },
    models: { a: { provider: 'sim' }, b: { provider: 'sim' }, broken: { provider: 'bad' } },
    routes: { chat: { targets: [{ model: 'a' }] } },
    tenants: Object.fromEntries(
      TENANTS.map((it) => [it, { keys: { ci: { hash: `sha256:${hash('sha256', `key-${it}`, 'hex')}` } } }]),
    ),
    rollout: { observe: { bakeMs: 0 }, analysis: { everyMs: 100 }, ...more.rollout },
  })

/** Changes of the route. */
export const toBroken = { routes: { chat: { targets: [{ model: 'broken' }], retries: { attempts: 1 } } } }
export const toOther = { routes: { chat: { targets: [{ model: 'b' }] } } }

export interface Shown {
  readonly state: string
  readonly words: string
  readonly reason: string | null
  readonly attempt: string
  readonly version: string
  readonly requests: { readonly candidate: number }
  readonly shadow: object | null
  readonly history: readonly { readonly at: string; readonly state: string }[]
  readonly measures: readonly {
    readonly name: string
    readonly candidate: { readonly samples: number }
    readonly baseline: { readonly samples: number }
  }[]
}

export class TriedGateway {
  readonly cwd = mkdtempSync(join(tmpdir(), 'changeover-rollout-'))
  #running: Running | null = null

  get running(): Running {
    if (this.#running === null) throw new Error('the gateway has not been started')
    return this.#running
  }

  get file(): string {
    return join(this.cwd, 'changeover.json')
  }

  async start(text: string): Promise<void> {
    writeFileSync(this.file, text)
    await this.#run()
    await this.idle()
  }

  /** Ends what runs, where it has not ended, and starts it again over the same file. Waits for nothing. */
  async restart(): Promise<void> {
    await this.running.stop({ drainMs: 0 })
    await this.#run()
  }

  async #run(): Promise<void> {
    const answer = readFlags(['--port', '0', '--admin-port', '0', '--settings', this.file])
    if (answer.kind !== 'run') throw new Error(answer.kind)
    const output = { write: () => true }
    this.#running = await run({ flags: answer.flags, cwd: this.cwd, env: {}, stdout: output, stderr: output })
  }

  async stop(): Promise<void> {
    await this.#running?.stop({ drainMs: 0 })
    rmSync(this.cwd, { recursive: true, force: true })
  }

  async idle(): Promise<void> {
    await vi.waitFor(() => expect(this.running.reloader.status().state).toBe('idle'), 10_000)
  }

  async admin(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const { adminUrl, adminToken } = this.running
    const response = await fetch(`${adminUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${adminToken.token}`,
        'content-type': 'application/json',
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return {
      status: response.status,
      body: (await response.json()) as Record<string, never> & { rollout: never },
    }
  }

  patch(change: object, query: string, headers: Record<string, string> = {}) {
    const type = { 'content-type': 'application/merge-patch+json' }
    return this.admin('PATCH', `/v1/settings?${query}`, change, { ...type, ...headers })
  }

  async ask(tenant: string) {
    const response = await fetch(`${this.running.dataUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer key-${tenant}` },
      body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] }),
    })
    await response.arrayBuffer()
    return {
      status: response.status,
      version: response.headers.get('x-changeover-version') ?? '',
      call: response.headers.get('x-changeover-call') ?? '',
    }
  }

  async shown(): Promise<Shown | null> {
    return (await this.admin('GET', '/v1/rollout')).body.rollout
  }

  /** The version that answers. */
  async answering(): Promise<string> {
    return (await this.ask('t1')).version
  }
}
