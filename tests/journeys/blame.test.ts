/**
 * Who is to blame: five changes of a real gateway, and a history of calls under each, written into its call log while it
 * is down, because waiting for it would take an hour. The gateway then finds the guilty one by itself.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from './rig/gateway.ts'
import { until } from './rig/until.ts'

const settings = `providers:
  sim: { kind: simulated, simulate: { firstTokenMs: 0, tokensPerSecond: 100000 } }
models:
  fast: { provider: sim }
  careful: { provider: sim }
routes:
  chat:
    targets:
      - { model: fast, weight: 90 }
      - { model: careful, weight: 10 }
rollout: { observe: { bakeMs: 1 } }
`
/** Brought in one after the other by as many people. */
const weights = [80, 70, 60, 50, 40]
const people = ['ann', 'bo', 'cy', 'dee', 'eve']
const guilty = 2
const callsEach = 1_500
const eachMs = 720_000

let gateway: Gateway
let versions: readonly string[]

beforeAll(async () => {
  gateway = await Gateway.start({ settings })
  await gateway.idle()
  const brought: string[] = []
  for (const [i, weight] of weights.entries()) {
    brought.push(await change(weight, people[i] ?? ''))
    await ask()
  }
  versions = brought
  await gateway.stop()
  writeHistory()
  await gateway.again()
}, 120_000)
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
})

async function change(weight: number, who: string): Promise<string> {
  const offered = await gateway.ask('/v1/settings', {
    method: 'PATCH',
    headers: { 'content-type': 'application/json-patch+json', 'x-changeover-actor': who },
    body: JSON.stringify([{ op: 'replace', path: '/routes/chat/targets/0/weight', value: weight }]),
  })
  expect(offered.status).toBe(200)
  await gateway.idle()
  return gateway.version()
}

async function ask(): Promise<void> {
  const response = await gateway.chat({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] })
  await response.arrayBuffer()
  const id = response.headers.get('x-changeover-call') ?? ''
  await until(async () => (await gateway.ask(`/v1/calls/${id}`)).status === 200, { what: `record of ${id}` })
}

/** In place of the one call under each version, twelve minutes of calls: two in a hundred fail, then one in eight. */
function writeHistory(): void {
  const database = new DatabaseSync(join(gateway.statePath, 'calls.db'))
  const columns = database
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all('calls')
    .map((it) => String(it['name']))
    .filter((it) => it !== 'row')
  const replaced: Readonly<Record<string, string>> = {
    id: "'call_made' || ?1",
    started_at: '?2',
    status: '?3',
    error: '?4',
  }
  const insert = database.prepare(
    `INSERT INTO calls (${columns.join(', ')})
     SELECT ${columns.map((it) => replaced[it] ?? it).join(', ')} FROM calls WHERE version = ?5 AND id NOT LIKE 'call_made%'
     LIMIT 1`,
  )
  const beginning = Date.now() - versions.length * eachMs
  database.exec('BEGIN')
  for (const [i, version] of versions.entries()) {
    for (let n = 0; n < callsEach; n += 1) {
      const fails = i >= guilty ? n % 8 === 3 : n % 50 === 7
      const at = beginning + i * eachMs + Math.floor((eachMs * n) / callsEach)
      insert.run(`${i}_${n}`, at, fails ? 502 : 200, fails ? 'upstream.failed' : '', version)
    }
  }
  database.exec("DELETE FROM calls WHERE id NOT LIKE 'call_made%'")
  database.exec('COMMIT')
  database.close()
}

describe('blame', () => {
  it('names the reload with which errors began, its author and its trace', async () => {
    const found = await gateway.admin.ask('blame', { query: { metric: 'error_rate', window: '2h' } })
    expect(found.concluded, found.summary).toBe(true)
    const [first, ...others] = found.ranking
    expect(first).toMatchObject({
      guilty: true,
      version: versions[guilty],
      changed: ['/routes/chat/targets/0/weight'],
      step: { author: `admin:claimed:${people[guilty]}` },
    })
    expect(first?.step?.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(first?.words[0]).toContain('fast gets')
    expect(others.every((it) => !it.guilty)).toBe(true)
  })

  it('says of a metric that did not move that nothing can be concluded', async () => {
    const found = await gateway.admin.ask('blame', { query: { metric: 'refusals', window: '2h' } })
    expect(found.concluded).toBe(false)
    expect(found.summary).toContain('nothing can be concluded')
  })

  it('is a table on the terminal, with the guilty told in full', async () => {
    const told = await gateway.command(['blame', 'error_rate', '2h'])
    expect(told.code, told.text).toBe(0)
    expect(told.text).toMatch(/^to blame {2}/)
    expect(told.text).toContain(`by admin:claimed:${people[guilty]}`)
    expect(told.text).toMatch(/reload rl_[0-9a-f]+ {2}trace [0-9a-f]{32}/)
    const json = await gateway.command(['blame', '2h', '--json'])
    expect(JSON.parse(json.text)).toMatchObject({ metric: 'error_rate', concluded: true })
    const wrong = await gateway.command(['blame', 'speed'])
    expect([wrong.code, wrong.text]).toEqual([2, expect.stringContaining('"speed" is none of error_rate')])
  })
})
