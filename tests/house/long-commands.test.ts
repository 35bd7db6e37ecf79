/** Commands of the repository beside test and start: each says how it is used, and what it did not understand. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
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

describe.each(['proof', 'mutants', 'simulate', 'fuzz', 'catalogue', 'build'])('npm run %s', (name) => {
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
})

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
