/** Commands that texts advise can be typed as they stand there. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { commands } from './commands/list.ts'
import { connectOptions } from './connect.ts'
import { parseOptions } from './parse-options.ts'
import { adviseOn } from './render/differs.ts'

const packages = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const ADVISED = /"changeover ([a-z]+(?: [^"]*)?)"/g

/** Why it cannot be typed; empty where it can. */
function faultOf(advised: string): string {
  const [name, ...rest] = advised.replace(/\$\{[^}]*\}/g, 'X').split(' ')
  const command = commands.find((it) => it.name === name)
  if (command === undefined) return `no command ${name}`
  if (command.raw === true) return ''
  try {
    const { positionals } = parseOptions(rest, { ...command.options, ...connectOptions })
    return positionals.length > command.words[1] ? 'words too many' : ''
  } catch (error) {
    return String(error)
  }
}

const sources = ['cli', 'gateway', 'reload'].flatMap((it) =>
  readdirSync(join(packages, it, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => join(packages, it, 'src', file)),
)

describe('a command that is advised', () => {
  it('can be typed as it stands there', () => {
    const found = sources.flatMap((file) =>
      Array.from(readFileSync(file, 'utf8').matchAll(ADVISED), ([, advised = '']) => advised),
    )
    expect(found.length).toBeGreaterThan(15)
    const faults = found.map((it) => [it, faultOf(it)]).filter(([, fault]) => fault !== '')
    // The name of a person's agent in what this command sends.
    expect(faults.filter(([it]) => it !== 'admin')).toEqual([])
    expect(faultOf('sign a --kee b')).toContain('--kee')
  })

  it('names the file that differs, and no folder or URL, which can be neither signed nor sent', () => {
    const differing = { attempt: 'rl_1', source: 'conf', reason: 'trust.unsigned' }
    expect(adviseOn({ ...differing, kind: 'file' })).toContain('sign conf --key KEY -o next.json')
    for (const kind of ['directory', 'http-poll']) {
      expect(adviseOn({ ...differing, kind })).toContain('sign FILE --key KEY -o next.json')
      expect(adviseOn({ ...differing, kind, reason: 'quarantined' })).toContain('apply FILE --force')
    }
  })
})
