import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkSettingsText } from '@changeover/gateway'
import { afterAll, describe, expect, it } from 'vitest'
import { runCli } from '../run-cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-import-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

writeFileSync(
  join(folder, 'config.yaml'),
  `model_list:
  - model_name: chat
    litellm_params: { model: openai/gpt-5.4, api_key: sk-in-the-file, rpm: 60 }
  - model_name: chat
    litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: os.environ/ANTHROPIC_API_KEY }
router_settings: { num_retries: 2 }
`,
)
writeFileSync(join(folder, 'broken.yaml'), 'model_list: [\n  - a: 1')
writeFileSync(
  join(folder, 'support.json'),
  JSON.stringify({
    strategy: { mode: 'fallback' },
    targets: [
      { provider: 'openai', api_key: 'sk-in-the-file', override_params: { model: 'gpt-5.4' } },
      { provider: 'anthropic', api_key: 'k', override_params: { model: 'claude-sonnet-4-5' } },
    ],
  }),
)

async function changeover(...argv: string[]) {
  const said = { out: '', err: '' }
  const into = (where: 'out' | 'err') => ({
    write: (text: string) => {
      said[where] += text
      return true
    },
  })
  const code = await runCli({
    argv,
    env: {},
    cwd: folder,
    stdout: into('out'),
    stderr: into('err'),
    readStdin: () => Promise.resolve(readFileSync(join(folder, 'config.yaml'))),
    user: 'ann',
    now: () => 0,
    signal: new AbortController().signal,
  })
  return { code, ...said }
}

describe('changeover import', () => {
  it('writes settings that a gateway takes, and reports what it left out, without any key', async () => {
    const { code, out, err } = await changeover('import', 'litellm', 'config.yaml')
    expect(code).toBe(0)
    expect(await checkSettingsText(Buffer.from(out), 'changeover.yaml')).toEqual([])
    expect(out).toContain('credential: ${env:OPENAI_API_KEY}')
    expect(err).toContain('2 providers, 2 models, 1 route')
    expect(err).toContain('model_list[0].litellm_params.rpm')
    expect(out + err).not.toContain('sk-in-the-file')
  })

  it('reads standard input, and ends with 1 when it is strict and something was left out', async () => {
    expect(await changeover('import', 'litellm', '-', '--strict')).toMatchObject({ code: 1 })
    const whole = await changeover('import', 'portkey', 'support.json', '--strict')
    expect(whole.code).toBe(0)
    expect(whole.out).toContain('support:\n')
  })

  it('writes a new file, and no other one over', async () => {
    const first = await changeover('import', 'portkey', 'support.json', '-o', 'new.yaml', '--name', 'chat')
    expect([first.code, first.out]).toEqual([0, ''])
    const text = readFileSync(join(folder, 'new.yaml'), 'utf8')
    expect(text).toContain('fallback:\n      - claude-sonnet-4-5')
    const second = await changeover('import', 'litellm', 'config.yaml', '-o', 'new.yaml')
    expect([second.code, second.err]).toEqual([2, expect.stringContaining('is there already')])
    expect(readFileSync(join(folder, 'new.yaml'), 'utf8')).toBe(text)
  })

  it('gives everything to programs', async () => {
    const { out } = await changeover('import', 'portkey', 'support.json', '--json')
    expect(JSON.parse(out)).toMatchObject({
      counts: { models: 2 },
      notes: [{ what: 'to do' }, { what: 'to do' }],
    })
  })

  it.each([
    [['import', 'helicone', 'config.yaml'], 'expected litellm or portkey'],
    [['import', 'litellm', 'gone.yaml'], 'cannot be read'],
    [['import', 'litellm', 'support.json'], 'is no configuration of litellm'],
    [['import', 'litellm'], 'FILE'],
  ])('%j is a mistake, and says so', async (argv, says) => {
    const { code, err } = await changeover(...argv)
    expect([code, err]).toEqual([2, expect.stringContaining(says)])
  })

  it('tells where a file is broken', async () => {
    const { code, err } = await changeover('import', 'litellm', 'broken.yaml')
    expect(code).not.toBe(0)
    expect(err).toContain('broken.yaml:2:')
    expect(existsSync(join(folder, 'changeover.yaml'))).toBe(false)
  })
})
