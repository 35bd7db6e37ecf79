import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it } from 'vitest'
import { readFlags } from './flags.ts'
import { type Running, run } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-row-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let gateway: Running | null = null
afterEach(async () => gateway?.stop({ drainMs: 0 }))

const settings = `
providers:
  sim: { kind: simulated, simulate: { firstTokenMs: 0, tokensPerSecond: 100000, tokens: 1 } }
models:
  a: { provider: sim }
  b: { provider: sim }
routes:
  chat:
    targets:
      - { model: a, weight: 1 }
      - { model: b, weight: 0 }
`
const changes = 200

async function start(): Promise<Running> {
  writeFileSync(join(folder, 'changeover.yaml'), settings)
  const answer = readFlags(['--port', '0', '--admin-port', '0'])
  if (answer.kind !== 'run') throw new Error(answer.kind)
  const quiet = { write: () => true }
  return run({ flags: answer.flags, cwd: folder, env: {}, stdout: quiet, stderr: quiet })
}

/** Calls one after the other, on several connections, until told to stop. Answers what was not answered well. */
function load({ dataUrl }: Running, until: AbortSignal): Promise<readonly number[]> {
  const failed: number[] = []
  const lanes = Array.from({ length: 3 }, async () => {
    while (!until.aborted) {
      const response = await fetch(`${dataUrl}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] }),
      })
      await response.arrayBuffer()
      if (response.status !== 200) failed.push(response.status)
    }
  })
  return Promise.all(lanes).then(() => failed)
}

it('applies each of two hundred changes in a row under load, though its file is read after each', async () => {
  gateway = await start()
  const { adminUrl, adminToken } = gateway
  const done = new AbortController()
  const failed = load(gateway, done.signal)
  const outcomes: string[] = []
  for (let i = 1; i <= changes; i++) {
    const targets = [
      { model: 'a', weight: i },
      { model: 'b', weight: 1 },
    ]
    const response = await fetch(`${adminUrl}/v1/settings`, {
      method: 'PATCH',
      headers: {
        'content-type': 'application/merge-patch+json',
        authorization: `Bearer ${adminToken.token}`,
      },
      body: JSON.stringify({ routes: { chat: { targets } } }),
    })
    const { outcome, code } = (await response.json()) as { outcome?: string; code?: string }
    outcomes.push(outcome ?? code ?? String(response.status))
  }
  done.abort()
  expect(outcomes.filter((it) => it !== 'applied')).toEqual([])
  expect(outcomes).toHaveLength(changes)
  expect(await failed).toEqual([])
  expect(readFileSync(join(folder, 'changeover.yaml'), 'utf8')).toContain(`weight: ${changes}`)
}, 120_000)
