import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { isGatewayError } from '../errors.ts'
import { createSecrets } from './secrets.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-secrets-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function vault(env: Record<string, string | undefined> = {}, files: Record<string, string> = {}) {
  const told: string[] = []
  const secrets = createSecrets({
    env,
    redactor: { add: (value) => told.push(value) },
    read: (path) => {
      const text = files[path]
      return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text)
    },
  })
  return { secrets, told }
}

describe('secrets', () => {
  it('come from the environment and from files, line ends cut off', async () => {
    const path = join(folder, 'key')
    writeFileSync(path, 'from-file\n')
    const secrets = createSecrets({ env: { KEY: 'from-env' }, redactor: { add: () => undefined } })
    expect(await secrets.resolve(['${env:KEY}', `\${file:${path}}`])).toEqual([])
    expect(secrets.fill(`a \${env:KEY} b \${file:${path}} c`)).toBe('a from-env b from-file c')
  })

  it('are told to the redactor before anybody can have them', async () => {
    const { secrets, told } = vault({ KEY: 'k-1' })
    await secrets.resolve(['${env:KEY}'])
    expect(told).toEqual(['k-1'])
  })

  it('that are not there are named, without their neighbours', async () => {
    const { secrets } = vault({ KEY: 'k', EMPTY: ' ' }, { many: 'a\nb' })
    const troubles = await secrets.resolve([
      '${env:KEY}',
      '${env:NONE}',
      '${env:EMPTY}',
      '${file:gone}',
      '${file:many}',
    ])
    expect(troubles.map((it) => it.reference)).toEqual([
      '${env:NONE}',
      '${env:EMPTY}',
      '${file:gone}',
      '${file:many}',
    ])
    expect(secrets.fill('${env:KEY}')).toBe('k')
    expect(() => secrets.fill('${env:NONE}')).toThrow(expect.toSatisfy(isGatewayError))
  })

  it('are as long as a certificate may be, and those that are longer are not taken', async () => {
    const path = join(folder, 'large')
    const reference = `\${file:${path}}`
    const longest = 'ü'.repeat(32 * 1024)
    writeFileSync(path, longest)
    const secrets = createSecrets({ env: {}, redactor: { add: () => undefined } })
    expect(await secrets.resolve([reference])).toEqual([])
    expect(secrets.fill(reference)).toBe(longest)
    writeFileSync(path, `${longest}x`)
    expect((await secrets.refresh()).troubles).toHaveLength(1)
  })

  it.skipIf(process.platform === 'win32')(
    'are looked for neither to the end of what has none nor where nobody writes (skipped where there are no devices)',
    async () => {
      const pipe = join(folder, 'pipe')
      execFileSync('mkfifo', [pipe])
      const secrets = createSecrets({ env: {}, redactor: { add: () => undefined } })
      const references = ['${file:/dev/zero}', `\${file:${pipe}}`, `\${file:${folder}}`]
      const troubles = await secrets.resolve(references)
      expect(troubles.map((it) => it.reference)).toEqual(references)
    },
  )

  it('are not what is the gateway its own, by whichever way it is named', async () => {
    const state = join(folder, 'state')
    mkdirSync(join(state, 'reload'), { recursive: true })
    for (const it of ['admin-token', 'reload/key', '../statement']) writeFileSync(join(state, it), 'k')
    symlinkSync(join(state, 'admin-token'), join(folder, 'link'))
    symlinkSync(state, join(folder, 'other'))
    const secrets = createSecrets({
      env: { TOKEN: 't', TOKENS: 'many' },
      redactor: { add: () => undefined },
      own: { environment: ['TOKEN'], directory: join(folder, 'other') },
    })
    const files = (...names: string[]) => names.map((it) => `\${file:${folder}/${it}}`)
    const refused = [
      '${env:TOKEN}',
      ...files('state/admin-token', 'state/../state/reload/key', 'link', 'other/admin-token'),
    ]

    const troubles = await secrets.resolve([...refused, '${env:TOKENS}', ...files('statement')])

    expect(troubles.map((it) => it.reference)).toEqual(refused)
    for (const { cause } of troubles) expect(cause).toMatchObject({ code: 'settings.secret_own' })
  })

  it.skipIf(process.platform !== 'linux')(
    'are not read where nobody can say what is there, as of files that are removed and still open (skipped where those have no names)',
    async () => {
      const directory = mkdtempSync(join(folder, 'state-'))
      const path = join(directory, 'gone')
      writeFileSync(path, 'k')
      const file = openSync(path, 'r')
      rmSync(path)
      const own = { environment: [], directory }
      const secrets = createSecrets({ env: {}, redactor: { add: () => undefined }, own })
      expect(await secrets.resolve([`\${file:/proc/self/fd/${file}}`])).toHaveLength(1)
      closeSync(file)
    },
  )

  it('act at once when they change, and say so by their generation', async () => {
    const files = { key: 'old' }
    const { secrets, told } = vault({}, files)
    await secrets.resolve(['${file:key}'])
    const before = secrets.generation
    expect(await secrets.refresh()).toEqual({ changed: [], troubles: [] })
    expect(secrets.generation).toBe(before)
    files.key = 'new'
    expect((await secrets.refresh()).changed).toEqual(['${file:key}'])
    expect(secrets.generation).toBeGreaterThan(before)
    expect(secrets.fill('${file:key}')).toBe('new')
    expect(told).toEqual(['old', 'new'])
  })

  it('keep their value while they cannot be read', async () => {
    const files: Record<string, string> = { key: 'old' }
    const { secrets } = vault({}, files)
    await secrets.resolve(['${file:key}'])
    delete files.key
    const refreshed = await secrets.refresh()
    expect(refreshed.troubles.map((it) => it.reference)).toEqual(['${file:key}'])
    expect(secrets.fill('${file:key}')).toBe('old')
  })

  it('never stand in an error', async () => {
    const { secrets } = vault({ LINES: 'secret-one\nsecret-two' })
    const troubles = await secrets.resolve(['${env:LINES}'])
    expect(troubles[0]?.cause).toMatchObject({ code: 'settings.secret_many_lines' })
    expect(String(troubles[0]?.cause)).not.toContain('secret-')
  })
})
