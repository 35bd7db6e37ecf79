import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Running, readFlags, run } from '@changeover/gateway'
import { freePort } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runCli } from './run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-cli-'))
const file = join(folder, 'changeover.yaml')
let gateway: Running
/** Machines that have much to do take longer. */
const patience = 10_000

const settings = `# ours
providers:
  sim:
    kind: simulated
    simulate: { firstTokenMs: 0, tokensPerSecond: 100000, tokens: 3 }
models:
  small: { provider: sim }
  large: { provider: sim }
routes:
  chat:
    targets:
      - { model: small, weight: 90 } # mostly
      - { model: large, weight: 10 }
rollout:
  observe: { bakeMs: 60000 }
telemetry:
  logs: { level: error, format: json }
`

beforeAll(async () => {
  writeFileSync(file, settings)
  const answer = readFlags(['--port', '0', '--admin-port', '0', '--settings', file])
  if (answer.kind !== 'run') throw new Error(answer.kind)
  const silent = { write: () => true }
  gateway = await run({ flags: answer.flags, cwd: folder, env: {}, stdout: silent, stderr: silent })
}, 30_000)
afterAll(async () => {
  await gateway.stop({ drainMs: 0 })
  rmSync(folder, { recursive: true, force: true })
})

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

interface More {
  readonly env?: Record<string, string>
  readonly stdin?: string
  readonly cwd?: string
  /** Of a terminal; else the output is piped. */
  readonly columns?: number
}

async function changeover(
  argv: readonly string[],
  { env = {}, stdin = '', cwd = folder, columns }: More = {},
): Promise<Ran> {
  let out = ''
  let err = ''
  const code = await runCli({
    argv,
    env: { CHANGEOVER_URL: gateway.adminUrl, ...env },
    cwd,
    stdout: { columns, write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    readStdin: () => Promise.resolve(Buffer.from(stdin)),
    user: 'bo',
    now: () => Date.now(),
    signal: new AbortController().signal,
  })
  return { code, out, err }
}

const json = (ran: Ran): Record<string, unknown> => JSON.parse(ran.out) as Record<string, unknown>

describe('changeover apply', () => {
  it('changes one value, tells stages, difference and receipt, and writes the file', async () => {
    const change = ['apply', '--set', 'routes/chat/targets/0/weight=50', '--reason', 'even']
    const ran = await changeover([...change, '--commit', '0123456789abcdef0123456789abcdef01234567'])
    expect(ran.out).not.toContain('not confirmed')
    expect(ran.err).toBe('')
    expect(ran.code).toBe(0)
    expect(ran.out).toMatch(/^trace [0-9a-f]{32}$/m)
    expect(ran.out).toMatch(/\+ +\d+ ms {2}observing/)
    expect(ran.out).toContain('~ routes/chat targets 0 weight  90 → 50')
    expect(ran.out).toMatch(/applied {2}1\.\d+ → 1\.\d+/)
    expect(ran.out).toContain('written back into changeover.yaml')
    expect(readFileSync(file, 'utf8')).toBe(settings.replace('weight: 90', 'weight: 50'))
    const why = await changeover(['why', 'routes/chat/targets/0/weight'])
    expect(why.out).toContain('"even"  commit 0123456789a…')
  })

  it('is part of the trace that is around it', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const env = { TRACEPARENT: `00-${traceId}-b7ad6b7169203331-01` }
    const ran = await changeover(['apply', '--set', 'routes/chat/targets/0/weight=51', '--json'], { env })
    expect(json(ran)).toMatchObject({ outcome: 'applied', traceId })
    const broken = await changeover(['apply', '-', '--traceparent', '00-x'])
    expect(broken).toMatchObject({ code: 2 })
    expect(broken.err).toContain('is not of the form')
  })

  it('refuses a broken text with its place, line and caret, and exits with 1', async () => {
    const ran = await changeover(['apply', '-'], { stdin: 'routes:\n  chat:\n    tragets: []\n' })
    expect(ran.code).toBe(1)
    expect(ran.out).toContain('stdin:3:5')
    expect(ran.out).toContain('  3 │     tragets: []\n    │     ^')
    expect(ran.out).toContain('targets')
    const asJson = await changeover(['apply', '-', '--json'], { stdin: 'routes: [' })
    expect(asJson.code).toBe(1)
    expect(json(asJson)).toMatchObject({ code: 'payload.unreadable' })
  })

  it('takes a whole file, and says so when it is what runs already', async () => {
    const path = join(folder, 'new.yaml')
    writeFileSync(path, settings.replace('weight: 90', 'weight: 60'))
    const ran = await changeover(['apply', 'new.yaml', '--reason', 'new'])
    expect(ran.out).toContain('applied')
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(path, 'utf8'))
    const again = await changeover(['apply', 'new.yaml'])
    expect(again).toMatchObject({ code: 0 })
    expect(again.out).toContain('unchanged')
  })

  it('refuses when another version is in force than it was made for', async () => {
    writeFileSync(join(folder, 'other.yaml'), settings.replace('weight: 90', 'weight: 1'))
    const ran = await changeover(['apply', 'other.yaml', '--if-match', '1.999'])
    expect(ran).toMatchObject({ code: 1 })
    expect(ran.out).toContain('verify.conflict')
  })

  it('waits for the end when it is told to', async () => {
    const waiting = changeover(['apply', '--set', 'routes/chat/targets/0/weight=61', '--wait'])
    const routes = () => gateway.reloader.current()?.settings['routes']
    await vi.waitFor(
      () => expect(routes()?.['chat']).toMatchObject({ targets: [{ weight: 61 }, {}] }),
      patience,
    )
    await vi.waitFor(async () => expect((await changeover(['promote'])).code).toBe(0), patience)
    const ran = await waiting
    expect(ran.code).toBe(0)
    expect(ran.out).toMatch(/success {2}1\.\d+/)
  })

  it('makes the maps on the way to a value that are not there yet', async () => {
    const ran = await changeover([
      'apply',
      '--set',
      'models/tiny/provider=sim',
      '--set',
      'models/tiny/model=t',
    ])
    expect(ran).toMatchObject({ code: 0, err: '' })
    expect(gateway.reloader.current()?.settings['models']).toMatchObject({
      tiny: { provider: 'sim', model: 't' },
    })
    await changeover(['apply', '--unset', 'models/tiny'])
    const none = await changeover(['apply', '--unset', 'models/tiny'])
    expect(none).toMatchObject({ code: 1, err: 'there is nothing at "/models/tiny"\n' })
    const section = await changeover([
      'plan',
      '--set',
      'limits/slow/requests=60',
      '--set',
      'limits/slow/perMs=60000',
    ])
    expect(section).toMatchObject({ code: 0 })
    expect(section.out).toContain('limit slow is added')
  })

  it('removes a value', async () => {
    await changeover(['apply', '--set', 'models/tiny={"provider":"sim"}'])
    expect(readFileSync(file, 'utf8')).toContain('tiny')
    const ran = await changeover(['apply', '--unset', '/models/tiny'])
    expect(ran.out).toContain('- models/tiny  removed')
    expect(readFileSync(file, 'utf8')).not.toContain('tiny')
  })

  it('does not understand everything', async () => {
    for (const argv of [
      ['apply'],
      ['apply', 'a', 'b'],
      ['apply', 'a.yaml', '--set', 'a=1'],
      ['apply', '--set', 'a'],
      ['apply', 'no-such.yaml'],
      ['apply', '--frob'],
      ['apply', '--set', 'a=1', '--commit', 'HEAD'],
    ])
      expect(await changeover(argv)).toMatchObject({ code: 2, out: '' })
  })
})

describe('changeover plan', () => {
  it('tells what a change would do, and does nothing', async () => {
    const before = readFileSync(file, 'utf8')
    const ran = await changeover(['plan', '--set', 'models/tiny={"provider":"sim"}'])
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.out).toContain('would be taken')
    expect(ran.out).toContain('+ model tiny is added, served by provider sim')
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  it('exits with 1 when the change would be refused, and says where', async () => {
    const ran = await changeover(['plan', '-'], { stdin: settings.replace('model: large', 'model: lerge') })
    expect(ran).toMatchObject({ code: 1 })
    expect(ran.out).toContain('would be refused')
    expect(ran.out).toContain('stdin:13:11')
    expect(ran.out).toContain('large')
  })
})

describe('changeover status, history, diff and calls', () => {
  it('tell what is in force and how it came to be', async () => {
    const status = await changeover(['status'])
    expect(status).toMatchObject({ code: 0, err: '' })
    expect(status.out).toContain('● ready')
    expect(status.out).toContain('last reload')
    expect(status.out).toMatch(/├ validate +\d/)
    expect(json(await changeover(['status', '--json']))).toMatchObject({ gateway: { ready: true } })

    const history = await changeover(['history'])
    expect(history.out).toMatch(/^WHEN +FROM +TO +STATUS/)
    expect(history.out).toContain('admin:claimed:bo')
    expect(history.out).toContain('rejected')
    expect((await changeover(['history', '--limit', '1'])).out.trim().split('\n')).toHaveLength(2)
    const versions = await changeover(['history', '--versions'])
    expect(versions.out).toMatch(/^VERSION/)
    expect(versions.out).toContain('applied')

    const diff = await changeover(['diff', '1.1'])
    expect(diff.out).toContain('~ routes/chat targets 0 weight  90 → 61')
    expect(await changeover(['diff', '8.8', '9.9'])).toMatchObject({ code: 1 })
  })

  it.each(['history', 'history --versions', 'audit', 'calls'])(
    'fit a terminal, and are whole where they are piped: %s',
    async (words) => {
      const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] })
      const asked = await fetch(`${gateway.dataUrl}/v1/chat/completions`, { method: 'POST', body })
      await asked.text()
      const reason = `${'because '.repeat(12)}of that`
      const weight = (value: number) => ['apply', '--set', `routes/chat/targets/0/weight=${value}`]
      await changeover([...weight(62), '--reason', reason])
      await changeover(weight(61))
      const argv = words.split(' ')
      const piped = await changeover(argv)
      expect(piped.out).not.toContain('…')
      if (words.endsWith('--versions')) expect(piped.out).toContain(reason)
      for (const columns of [80, 100]) {
        const { out } = await changeover(argv, { columns })
        expect(out.split('\n').filter((it) => it.length > columns)).toEqual([])
        expect(out.split('\n').length).toBeGreaterThanOrEqual(piped.out.split('\n').length)
      }
    },
  )

  it('tell which version a call ran under', async () => {
    const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${gateway.dataUrl}/v1/chat/completions`, { method: 'POST', body, headers })
    expect(response.status).toBe(200)
    await response.text()
    const id = response.headers.get('x-changeover-call') ?? ''
    const version = response.headers.get('x-changeover-version') ?? ''
    await vi.waitFor(async () => {
      const ran = await changeover(['calls', id])
      expect(ran.out).toContain(`version      ${version}`)
    })
    expect((await changeover(['calls', '--version', version, '--status', '2xx'])).out).toContain(id)
    expect((await changeover(['calls', '--status', '5xx'])).out).toBe('no calls\n')
    expect((await changeover(['status'])).out).toMatch(/now +\d+ calls, no errors/)
  })
})

describe('what a caller wrote', () => {
  it('is shown to whoever looks, and commands no terminal', async () => {
    const model = 'no\u001b]0;title\u0007\u001b[8m\u009b2Jsuch'
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${gateway.dataUrl}/v1/chat/completions`, { method: 'POST', body, headers })
    await response.text()
    const id = response.headers.get('x-changeover-call') ?? ''
    await vi.waitFor(async () => {
      const { out } = await changeover(['why', id], { env: { FORCE_COLOR: '1' } })
      expect(out).toContain('no\\u001b]0;title\\u0007\\u001b[8m\\u009b2Jsuch')
      expect(out).toContain('\u001b[1m')
      for (const it of ['\u001b]', '\u0007', '\u001b[8m', '\u009b']) expect(out).not.toContain(it)
    })
    const told = json(await changeover(['why', id, '--json']))
    expect(told).toMatchObject({ call: { askedModel: model } })
  })
})

describe('changeover rollout', () => {
  it('shows a canary that apply has begun, and lets people hold it, move it on and take it back', async () => {
    // What is still observed is confirmed first: a canary begins beside the last version confirmed.
    await changeover(['promote'])
    await vi.waitFor(() => expect(gateway.reloader.status().state).toBe('idle'), patience)
    const begun = await changeover(['apply', '--set', 'routes/chat/targets/0/weight=33', '--canary', '5%'])
    expect(begun.out).toMatch(/on trial {2}1\.\d+ answers 5 %; 1\.\d+ answers the others/)
    const shown = await changeover(['rollout'])
    expect(shown.code).toBe(0)
    expect(shown.out).toMatch(/● 1\.\d+ answers 5 % of requests, step 1 of 1/)
    expect(shown.out).toContain('5 % → all')
    expect((await changeover(['status'])).out).toContain('answers 5 % of requests')
    expect((await changeover(['pause', '--reason', 'lunch'])).out).toContain('is held there: lunch')
    expect((await changeover(['resume'])).out).toContain('goes on')
    expect((await changeover(['abort', '--reason', 'enough'])).code).toBe(0)
    const ended = await changeover(['rollout'])
    expect(ended).toMatchObject({ code: 1 })
    expect(ended.out).toContain('aborted: enough')
    expect(ended.out).toContain('the next change comes in at once')
    expect((await changeover(['rollout', '--json'])).out).toContain('"state": "aborted"')
    expect((await changeover(['rollout', '--watch'])).out).toContain('aborted: enough')
  })

  it.each([
    [['--canary', '5%', '--steps', '5%'], 'give --canary or --steps'],
    [['--canary', '5%', '--at-once'], 'exclude each other'],
    [['--canary', '5%', '--by', 'moon'], 'expected request, session, tenant or key'],
  ])('is not begun by what makes no sense: %j', async (options, said) => {
    const ran = await changeover(['apply', '--set', 'routes/chat/targets/0/weight=34', ...options])
    expect(ran.code).toBe(2)
    expect(ran.err).toContain(said)
  })
})

describe('changeover apply --confirm-within', () => {
  it('says that it goes back by itself, and how to keep it', async () => {
    const change = ['apply', '--set', 'routes/chat/targets/0/weight=35']
    const begun = await changeover([...change, '--confirm-within', '1h'])
    expect(begun.code, begun.err + begun.out).toBe(0)
    expect(begun.out).toMatch(
      /not confirmed {2}it goes back by itself unless .* within .*: changeover promote/,
    )
    expect((await changeover(['rollout'])).out).toContain('unless somebody confirms it')
    await changeover(['abort'])
    await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toContain('weight: 61'), patience)
  })
})

describe('changeover rollback and abort', () => {
  it('go back, in force and in the file', async () => {
    await changeover(['apply', '--set', 'routes/chat/targets/0/weight=70'])
    const aborted = await changeover(['abort', '--reason', 'worse'])
    expect(aborted).toMatchObject({ code: 0 })
    expect(aborted.out).toContain('taken back')
    await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toContain('weight: 61'), patience)
    const none = await changeover(['abort'])
    expect(none).toMatchObject({
      code: 1,
      out: '',
      err: 'no version is on trial, so there is nothing to decide\n',
    })

    const back = await changeover(['rollback', '1.1', '--reason', 'as it was'])
    expect(back.err).toBe('')
    expect(back).toMatchObject({ code: 0 })
    expect(back.out).toContain('61 → 90')
    expect(readFileSync(file, 'utf8')).toBe(settings)
    expect(back.out).toContain('restores 1.1\n')
    expect(await changeover(['rollback', '7.7'])).toMatchObject({ code: 1 })
    expect((await changeover(['rollback', 'yesterday'])).err).toContain('expected such as 1.3')
  })

  it('say where they lead when no version is named', async () => {
    const { reloader } = gateway
    const confirmNow = async () => reloader.confirm(reloader.current()?.version ?? '')
    await confirmNow()
    const baseline = reloader.status().baseline?.version
    await changeover(['apply', '--set', 'routes/chat/targets/0/weight=71'])
    await changeover(['apply', '--set', 'routes/chat/targets/0/weight=72'])
    const observed = reloader.current()?.version
    const toBaseline = await changeover(['rollback'])
    expect(toBaseline.out).toContain('72 → 90')
    expect(toBaseline.out).toContain(
      `restores ${baseline}, the last confirmed version: ${observed} was still observed`,
    )
    await changeover(['apply', '--set', 'routes/chat/targets/0/weight=73'])
    await confirmNow()
    const confirmed = reloader.current()?.version
    const toBefore = await changeover(['rollback'])
    expect(toBefore.out).toContain(`, the version before ${confirmed}`)
    await changeover(['rollback', '1.1'])
    expect(readFileSync(file, 'utf8')).toBe(settings)
  })
})

describe('a change after which no key is asked for', () => {
  it('is warned of by plan, apply, rollback and diff', async () => {
    const warning = '! whoever reaches the port may call from now on: no key is asked for'
    const tenant = ['--set', `tenants/acme={"keys":{"ci":{"hash":"sha256:${'a'.repeat(64)}"}}}`]
    const open = ['--unset', 'tenants', '--set', 'access={"callers":"anyone"}', '--allow-shrink']
    const closed = await changeover(['apply', ...tenant])
    expect(closed.out).not.toContain('look out')
    const guarded = gateway.reloader.current()?.version ?? ''
    expect((await changeover(['plan', ...open])).out).toContain(`\nlook out\n  ${warning}`)
    const applied = await changeover(['apply', ...open])
    expect(applied.out).toContain(`\nlook out\n  ${warning}\n    /access/callers  plan.access_opened\n`)
    await changeover(['rollback', guarded])
    const back = await changeover(['rollback', '1.1'])
    expect(back.out).toContain(`\nlook out\n  ${warning}\n    /tenants  plan.access_opened\n`)
    expect((await changeover(['diff', guarded, '1.1'])).out).toContain(warning)
    expect((await changeover(['diff', '1.1', guarded])).out).not.toContain('look out')
    expect(readFileSync(file, 'utf8')).toBe(settings)
  })
})

describe('changeover apply --for', () => {
  it('is in force for a time, shows everywhere, is written nowhere, and is ended by a rollback', async () => {
    const { reloader } = gateway
    const before = reloader.current()?.version ?? ''
    const early = await changeover(['apply', '--set', 'routes/chat/targets/0/weight=1', '--for', '15m'])
    expect(early.out).toContain('still observed')
    await reloader.confirm(before)
    const ran = await changeover(['apply', '--set', 'routes/chat/targets/0/weight=1', '--for', '15m'])
    expect(ran).toMatchObject({ code: 0, err: '' })
    const { version } = reloader.current() ?? {}
    const said = `override  ${version} for 15 min more, then back to ${before}; it is written nowhere`
    expect(ran.out).toContain(said)
    expect((await changeover(['status'])).out).toMatch(/override {2}.* for 1[45] min more/)
    expect((await changeover(['history', '--versions'])).out).toMatch(/override/)
    expect((await changeover(['history'])).out).toContain('override: /routes')
    expect(readFileSync(file, 'utf8')).toBe(settings)
    const lasting = await changeover(['apply', '--set', 'routes/chat/targets/0/weight=2', '--json'])
    expect(lasting.out + lasting.err).toContain('"settings.overridden"')
    const back = await changeover(['rollback'])
    expect(back.out).toContain(`restores ${before}, which the override ${version} was made upon`)
    expect(readFileSync(file, 'utf8')).toBe(settings)
    expect(await changeover(['apply', '--set', 'a/b=1', '--for', 'soon'])).toMatchObject({ code: 1 })
  })
})

describe('changeover watch', () => {
  it('follows reloads until the first one ends', async () => {
    const watching = changeover(['watch', '--once', '--json'])
    let isOver = false
    void watching.finally(() => (isOver = true))
    let weight = 100
    // Each one ends the observation of the one before; the first of them may come before anybody watches.
    await vi.waitFor(async () => {
      await changeover(['apply', '--set', `routes/chat/targets/0/weight=${weight++}`])
      expect(isOver).toBe(true)
    }, 4_000)
    const ran = await watching
    expect(ran.code).toBe(0)
    const events = ran.out
      .trim()
      .split('\n')
      .map((it) => JSON.parse(it) as { status?: string })
    expect(events.at(-1)?.status).toMatch(/superseded|success/)
  })
})

describe('changeover doctor', () => {
  it('says why nothing comes of a file that was saved', async () => {
    const bad = settings.replace('weight: 90', 'weight: ninety')
    writeFileSync(join(folder, 'bad.yaml'), bad)
    expect(await changeover(['apply', 'bad.yaml'])).toMatchObject({ code: 1 })
    writeFileSync(file, bad)
    const handle = () => gateway.reloader.status().handles[0]
    await vi.waitFor(() => expect(handle()?.differs).not.toBeNull(), patience)
    const ran = await changeover(['doctor', '--settings', file])
    expect(ran.code).toBe(1)
    expect(ran.out).toMatch(/changeover\.yaml" holds what is not in force: (quarantined|validate\.refused)/)
    expect(ran.out).toContain('changeover.yaml:12:25  /routes/chat/targets/0/weight: found "ninety"')
    expect((await changeover(['status'])).out).toContain('holds what is not in force')
    writeFileSync(file, settings)
    await vi.waitFor(() => expect(handle()?.differs).toBeNull(), patience)
  })

  it('looks at everything, and finds nothing wrong here', async () => {
    const ran = await changeover(['doctor', '--settings', file])
    expect(ran.out).toContain('✓ node')
    expect(ran.out).toContain('"sim" is simulated')
    expect(ran.out).toContain('is in force')
    expect(ran.code).toBe(0)
  })

  it('looks at what the gateway follows, wherever it is asked', async () => {
    const cwd = mkdtempSync(join(folder, 'elsewhere-'))
    writeFileSync(join(cwd, 'changeover.yaml'), 'nonsense: 1\n')
    const env = { CHANGEOVER_ADMIN_TOKEN: gateway.adminToken.token }
    const ran = await changeover(['doctor'], { cwd, env })
    expect(ran.out).toContain(`"${file}" can be read, which the gateway at ${gateway.adminUrl} follows`)
    expect(ran.out).toContain('"sim" is simulated')
    expect(ran.out).not.toContain('nonsense')
  })

  it('looks into every file of a directory', async () => {
    const conf = mkdtempSync(join(folder, 'conf-'))
    writeFileSync(join(conf, 'providers.yaml'), 'providers:\n  one: { kind: simulated }\n')
    writeFileSync(join(conf, 'models.yaml'), 'models:\n  small: { provider: two }\n')
    const wrong = await changeover(['doctor', '--settings', conf])
    expect(wrong.out).toMatch(/✗ settings +models.yaml:2:\d+ .*two/)
    expect(wrong.out).toContain('"one" is simulated')
    writeFileSync(join(conf, 'models.yaml'), 'models:\n  small: { provider: one }\n')
    expect((await changeover(['doctor', '--settings', conf])).out).toContain(
      `✓ settings    "${conf}" can be read`,
    )
    const empty = mkdtempSync(join(folder, 'empty-'))
    expect((await changeover(['doctor', '--settings', empty])).out).toMatch(/✗ settings .*empty-/)
  })

  it('names what is wrong, and what to do', async () => {
    const path = join(folder, 'broken.yaml')
    writeFileSync(
      path,
      'providers:\n  real: { kind: openai, credential: "${env:NO_SUCH_KEY}", baseUrl: "http://127.0.0.1:1" }\n  other: { kind: opanai }\n',
    )
    const ran = await changeover(['doctor', '--settings', path, '--token', 'wrong-wrong-wrong-wrong'])
    expect(ran.code).toBe(1)
    expect(ran.out).toContain('broken.yaml:3:')
    expect(ran.out).toContain('refuses')
    const asJson = await changeover(['doctor', '--settings', path, '--json'])
    expect(json(asJson)).toMatchObject({ ok: false })
  })

  it('looks for keys, and never shows them', async () => {
    const path = join(folder, 'real.yaml')
    writeFileSync(
      path,
      'providers:\n  real: { kind: openai, credential: "${env:REAL_KEY}", baseUrl: "http://127.0.0.1:1" }\n',
    )
    expect((await changeover(['doctor', '--settings', path])).out).toContain(
      'the environment has no REAL_KEY',
    )
    const ran = await changeover(['doctor', '--settings', path], { env: { REAL_KEY: 'canary-value' } })
    expect(ran.out).toContain('"real" is not reached at http://127.0.0.1:1')
    expect(ran.out).not.toContain('canary-value')
  })
})

describe('the command', () => {
  it('helps, with each command and each option', async () => {
    const help = await changeover(['--help'])
    expect(help.code).toBe(0)
    for (const name of [
      'serve',
      'apply',
      'plan',
      'status',
      'history',
      'diff',
      'rollback',
      'watch',
      'doctor',
    ]) {
      expect(help.out).toContain(name)
      if (name !== 'serve') expect((await changeover([name, '--help'])).out).toContain('--json')
    }
    expect(await changeover([])).toMatchObject({ code: 2 })
    expect((await changeover(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
    const wrong = await changeover(['aply'])
    expect(wrong).toMatchObject({ code: 2 })
    expect(wrong.err).toContain('Did you mean "apply"?')
  })

  it('exits with 3 when nobody listens, and says where the token is looked for when it is refused', async () => {
    const gone = await changeover(['status', '--url', `http://127.0.0.1:${await freePort()}`])
    expect(gone).toMatchObject({ code: 3, out: '' })
    expect(gone.err).toContain('nothing listens there')
    const refused = await changeover(['status', '--token', 'wrong-wrong-wrong-wrong'])
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.err).toContain('the token of --token is not the one that this gateway knows')
    const elsewhere = mkdtempSync(join(folder, 'elsewhere-'))
    const without = await changeover(['status'], { cwd: elsewhere })
    expect(without).toMatchObject({ code: 1 })
    expect(without.err).toContain('admin-token" cannot be read, there is no such file')
    const whole = await changeover(['apply', file, '--token', 'wrong-wrong-wrong-wrong'])
    expect(whole.err).toContain('the token of --token is not the one that this gateway knows')
    mkdirSync(join(elsewhere, '.changeover'))
    writeFileSync(join(elsewhere, '.changeover', 'admin-token'), '\n')
    expect((await changeover(['status'], { cwd: elsewhere })).err).toContain('admin-token" is empty')
    const env = { CHANGEOVER_ADMIN_TOKEN: 'wrong-wrong-wrong-wrong' }
    expect((await changeover(['status'], { env })).err).toContain('the token in CHANGEOVER_ADMIN_TOKEN')
    expect(
      await changeover(['status', '--state', join(folder, '.changeover')], { cwd: elsewhere }),
    ).toMatchObject({ code: 0 })
  })

  it.each([
    [['roolback'], 'Did you mean "rollback"?'],
    [['help', 'aply'], 'Did you mean "apply"?'],
    [['apply', '--raeson', 'x'], 'there is no option "--raeson"; did you mean "--reason"?'],
    [['apply', '--set'], '"--set" needs a value: --set PATH=VALUE'],
    [['calls', '--limit', '-1'], 'one that begins with "-" is written --limit=-1'],
    [['import', 'litellm', 'x', '--output'], '"--output" needs a value: -o, --output PATH'],
    [['watch', '--once=yes'], '"--once" takes no value'],
    [['apply', 'no-such.yaml'], '"no-such.yaml" cannot be read: there is no such file'],
    [['apply', '.'], '"." cannot be read: it is a folder'],
    [['calls', '--limit', '0'], '--limit: found "0", expected a number from 1'],
    [['history', '--limit', 'x'], '--limit: found "x", expected a number from 1'],
    [['status', '--url', 'somewhere'], '"somewhere" is no address of an admin API'],
    [['apply', '--set', 'a=1', '--emergency'], '--emergency needs --reason'],
    [['rollback', '--emergency', '--reason', ' '], '--emergency needs --reason'],
  ])('%j is not understood, and is told why', async (argv, why) => {
    const ran = await changeover(argv)
    expect(ran).toMatchObject({ code: 2, out: '' })
    expect(ran.err).toContain(why)
  })

  it.each([
    [['calls', '--limit', '9000'], '"limit": found "9000", expected at most 500'],
    [['calls', '--since', 'yesterday'], '"since": found "yesterday", expected an instant such as'],
    [['calls', '--status', 'bad'], '"status": found "bad", expected a status such as 502'],
  ])('%j is refused by the gateway with what was found and what was expected', async (argv, why) => {
    const ran = await changeover(argv)
    expect(ran).toMatchObject({ code: 1, out: '' })
    expect(ran.err).toContain(why)
  })
})
