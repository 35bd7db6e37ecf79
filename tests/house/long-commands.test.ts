/** Commands of the repository beside test and start: each says how it is used, and what it did not understand. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const manifest = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
}

/** Without npm, which only adds its own lines. */
async function command(name: string, args: readonly string[]) {
  const program = manifest.scripts[name]?.split(' ').at(-1) ?? ''
  const argv = ['--conditions=@changeover/source', program, ...args]
  const done = await promisify(execFile)(process.execPath, argv, { cwd: root }).catch(
    (error: { code: number; stdout: string; stderr: string }) => error,
  )
  return { code: 'code' in done ? done.code : 0, out: done.stdout, errors: done.stderr }
}

describe.each(['proof', 'mutants', 'simulate', 'fuzz', 'soak', 'catalogue', 'build'])(
  'npm run %s',
  (name) => {
    it('says how it is used', async () => {
      const { code, out, errors } = await command(name, ['--help'])
      expect([code, errors]).toEqual([0, ''])
      expect(out).toMatch(new RegExp(`^npm run ${name} -- `))
    })

    it('refuses what it does not know, and says how it is used', async () => {
      const { code, out, errors } = await command(name, ['--nonsense'])
      expect([code, out]).toEqual([2, ''])
      expect(errors).toMatch(new RegExp(`^error: .*--nonsense.*\n\nnpm run ${name} -- `))
    })
  },
)

it.each([
  ['proof', '--runs', 'many'],
  ['fuzz', '--seed', '-1'],
  ['simulate', '--canaries', '1.5'],
])('npm run %s refuses %s %s: numbers are whole', async (name, option, value) => {
  const { code, errors } = await command(name, [`${option}=${value}`])
  expect([code, errors.split('\n')[0]]).toEqual([
    2,
    `error: ${option}: found "${value}", expected a whole number that is not negative`,
  ])
})

it('npm run simulate counts with what a gateway compares, and goes on where it was cut off', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulate-'))
  const kept = join(folder, 'kept.jsonl')
  const args = [
    '--canaries',
    '21',
    '--threads',
    '1',
    '--hours',
    '0',
    '--only',
    'provider down; by tenant',
    '--keep',
    kept,
  ]
  try {
    const first = await command('simulate', args)
    expect([first.code, first.errors]).toEqual([0, ''])
    expect(first.out).toMatch(/^provider down; by tenant \| caught \| 21 \| 100\.00 % .* \| 1\n$/)
    const lines = readFileSync(kept, 'utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(2)
    writeFileSync(kept, `${lines[0]}\n${lines[1]?.slice(0, 40)}`)
    expect((await command('simulate', args)).out).toBe(first.out)
    expect(readFileSync(kept, 'utf8').trimEnd().split('\n')).toHaveLength(3)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
