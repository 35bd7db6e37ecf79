/** A newcomer's first five minutes, command by command, in a folder with nothing in it. One test builds on the other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from './rig/gateway.ts'

let gateway: Gateway

const hello = { model: 'chat', messages: [{ role: 'user', content: 'hello' }] }
const ask = async () => {
  const response = await gateway.chat(hello)
  const [version, target] = ['version', 'target'].map((it) => response.headers.get(`x-changeover-${it}`))
  return { status: response.status, version, target, text: await response.text() }
}
const version = async () => (await ask()).version
const weights = async () => (await gateway.settingsText()).match(/(?<=weight: ).*/g)

beforeAll(async () => {
  gateway = await Gateway.start()
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
})

describe('the first five minutes', () => {
  it('begin with an answer, without any key; it says that it is simulated', async () => {
    const answer = await ask()
    expect(answer).toMatchObject({ status: 200, version: '1.1' })
    expect(answer.text).toMatch(/simulated/i)
    expect(answer.target).toMatch(/^simulated\/(fast|careful)$/)
    const banner = gateway.process.lines.join('\n')
    expect(banner).toContain('answers are simulated: no provider key was found')
    expect(banner).toContain(`curl -i ${gateway.dataUrl}/v1/chat/completions`)
  })

  it('go on with a weight that is changed by saving the file', async () => {
    await gateway.edit((text) => text.replace('weight: 90', 'weight: 0'))
    await expect.poll(version, { timeout: 10_000 }).toBe('1.2')
    expect((await ask()).target).toBe('simulated/careful')
  })

  it('change it by command, which tells what changes, and writes it into the file', async () => {
    const { code, text } = await gateway.command([
      'apply',
      '--set',
      'routes/chat/targets/0/weight=50',
      '--wait',
    ])
    expect(code, text).toBe(0)
    expect(text).toContain('routes/chat targets 0 weight  0 → 50')
    expect(text).toMatch(/applied {2}1\.2 → 1\.3/)
    expect(text).toMatch(/trace [0-9a-f]{32}/)
    expect(text).toMatch(/success {2}1\.3$/)
    expect([await version(), await weights()]).toEqual(['1.3', ['50', '10']])
    expect(await gateway.settingsText()).toContain('# What callers ask for as "model".')
  })

  it('change it as curl would, by a patch', async () => {
    const type = 'application/json-patch+json'
    const patch = [{ op: 'replace', path: '/routes/chat/targets/0/weight', value: 70 }]
    const response = await gateway.ask('/v1/settings', {
      method: 'PATCH',
      headers: { 'content-type': type },
      body: JSON.stringify(patch),
    })
    expect(await response.json()).toMatchObject({ outcome: 'applied', version: '1.4', previous: '1.3' })
    expect([await version(), await weights()]).toEqual(['1.4', ['70', '10']])
  })

  it('break the file, read where it is broken, and are served as before', async () => {
    await gateway.edit((text) => text.replace('weight: 70', 'weight: thirty'))
    const lines = (await gateway.settingsText()).split('\n')
    const line = lines.findIndex((it) => it.includes('thirty')) + 1
    const place = `changeover.yaml:${line}:9`
    const said = `${place}  /routes/chat/targets/0/weight: found "thirty", expected a number`
    expect(await gateway.process.line(place)).toContain(said)
    expect(gateway.process.lines.filter((it) => it.includes('/src/'))).toEqual([])

    const plan = await gateway.command(['plan', 'changeover.yaml'])
    expect(plan.code).toBe(1)
    expect(plan.text).toContain(said)
    expect(plan.text).toContain(`${line} │         weight: thirty`)

    const status = await gateway.command(['status'])
    expect(status.text).toMatch(/last reload {2}1\.4 → \S+ {2}rejected/)
    expect(status.text).toContain(said)
    expect(await ask()).toMatchObject({ status: 200, version: '1.4' })
  })

  it('go back by one command, which mends the file and keeps what it held', async () => {
    const { code, text } = await gateway.command(['rollback', '--reason', 'that was too much'])
    expect(code, text).toBe(0)
    expect(text).toContain('routes/chat targets 0 weight  70 → 50')
    expect(text).toContain('what it held is kept as')
    const { versions } = await gateway.admin.ask('listVersions')
    expect(versions[0]).toMatchObject({ restores: { version: '1.3' }, reason: 'that was too much' })
    expect([await version(), await weights()]).toEqual([versions[0]?.version, ['50', '10']])
  })

  it('end with the trace: status as a tree of stages, history with what was refused', async () => {
    const status = await gateway.command(['status'])
    expect(status.code, status.text).toBe(0)
    for (const stage of ['verify', 'validate', 'load', 'warmup', 'swap', 'observe']) {
      expect(status.text).toMatch(new RegExp(`[├└] ${stage} +[\\d.]+ ?m?s`))
    }
    expect(status.text).toMatch(/ {2}trace [0-9a-f]{32}/)
    const history = (await gateway.command(['history'])).text.split('\n').slice(1)
    const told = history.map((it) =>
      /(success|superseded|rejected|in_progress) .*?(rollback|file|cli|admin_api|startup)/
        .exec(it)
        ?.slice(1)
        .join(' '),
    )
    expect(told).toEqual([
      expect.stringMatching(/^\w+ rollback$/),
      'rejected file',
      expect.stringMatching(/^\w+ admin_api$/),
      expect.stringMatching(/^\w+ cli$/),
      expect.stringMatching(/^\w+ file$/),
      'success startup',
    ])
  })

  it('leave nothing behind when the gateway is told to end', async () => {
    expect(await gateway.stop()).toEqual({ code: 0, signal: null })
  })
})
