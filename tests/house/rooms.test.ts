/** Nobody goes through a door that is not in the table. */
import { describe, expect, it } from 'vitest'
import { maskOf } from './code-mask.ts'
import { importsOf } from './imports.ts'
import { brokenDoors, doors, environmentReads, packageDoors, unlistedRooms } from './rooms.ts'
import { codeFiles, packageFiles } from './source-tree.ts'

const withCode = (files: readonly { path: string; text: string }[]) =>
  files.map(({ path, text }) => ({ path, code: maskOf(text).code }))

describe('the rooms', () => {
  it('are all in the door table', () => {
    expect(unlistedRooms(packageFiles())).toEqual([])
  })

  it('import only what the table allows', () => {
    expect(brokenDoors(codeFiles())).toEqual([])
  })

  it('read no environment', () => {
    expect(environmentReads(withCode(packageFiles()))).toEqual([])
  })

  it('are listed once, and only doors to listed rooms', () => {
    for (const [name, table] of Object.entries(doors)) {
      for (const targets of Object.values(table)) {
        expect(new Set(targets).size).toBe(targets.length)
        for (const target of targets) expect(Object.keys(table), name).toContain(target)
      }
      for (const target of packageDoors[name] ?? ['unlisted']) expect(Object.keys(doors)).toContain(target)
    }
  })
})

describe('the door rule', () => {
  const broken = (path: string, text: string) => brokenDoors([{ path, text }])

  it.each([
    ['packages/gateway/src/wire/a.ts', "import { x } from '../routing/b.ts'", 'wire may not import routing'],
    [
      'packages/reload/src/engine/a.ts',
      "export * from '../handles/file.ts'",
      'engine may not import handles',
    ],
    ['packages/reload/src/engine/a.ts', "import type { Z } from 'zod'", 'reload has no dependency'],
    ['packages/reload/src/engine/a.ts', "import { x } from '@changeover/otel'", 'reload may not import it'],
    ['packages/otel/src/names.ts', "import { x } from '../../reload/src/errors.ts'", 'by name, not by path'],
    ['packages/cli/src/run.ts', "import { x } from '@changeover/reload/src/errors.ts'", 'one door, its name'],
    ['packages/gateway/src/routing/a.ts', "import {\n  Pool,\n} from 'undici'", 'only transport/ talks'],
    ['packages/gateway/src/control/a.ts', "import { createServer } from 'node:http'", 'only server/ serves'],
    ['packages/gateway/src/policy/a.ts', "const { x } = await import('vitest')", 'the tools of tests'],
    ['packages/gateway/src/policy/a.ts', "import '../pipeline/a.ts'", 'policy may not import pipeline'],
    ['tests/journeys/a.test.ts', "import { x } from '../../packages/cli/src/a.ts'", 'by name, not by path'],
    ['packages/sdk/src/a.test.ts', "import { x } from '@changeover/gateway'", 'sdk may not import it'],
  ])('catches %s with %s', (path, text, why) => {
    expect(broken(path, text)).toEqual([expect.stringContaining(why)])
    expect(broken(path, text)[0]).toContain(`${path}: imports "`)
  })

  it.each([
    ['packages/gateway/src/wire/a.ts', "import { x } from '../contract/b.ts'\nimport { y } from './c.ts'"],
    [
      'packages/gateway/src/wire/a.ts',
      "// import { x } from '../routing/b.ts'\nconst s = \"from '../routing/b.ts'\"",
    ],
    ['packages/gateway/src/wire/a.test.ts', "import { x } from '../routing/b.ts'\nimport 'vitest'"],
    ['packages/gateway/src/transport/pool.ts', "import { Pool } from 'undici'"],
    ['packages/reload/src/engine/a.test.ts', "import { ManualClock } from '@changeover/testkit'"],
    ['tests/proof/a.test.ts', "import { x } from '@changeover/reload'\nimport { y } from './world.ts'"],
    ['scripts/generate/a.mjs', "import { x } from '../../packages/gateway/src/settings/reference.ts'"],
  ])('lets %s have %s', (path, text) => {
    expect(broken(path, text)).toEqual([])
  })

  it('catches a room and a package that nobody decided on', () => {
    const files = [
      'packages/gateway/src/misc/a.ts',
      'packages/console/src/a.ts',
      'packages/reload/src/new.ts',
    ]
    expect(unlistedRooms(files.map((path) => ({ path, text: '' })))).toEqual([
      'packages/gateway/src/misc: not in the door table',
      'packages/console: not in the door table',
      'packages/reload/src/new: not in the door table',
    ])
  })

  it('catches a room that reads the environment, and only what is code', () => {
    const file = (path: string, text: string) => withCode([{ path, text }])
    const path = 'packages/gateway/src/transport/pool.ts'
    expect(environmentReads(file(path, "const a = process.env['A']"))).toHaveLength(1)
    expect(environmentReads(file(path, '// process.env\nconst a = "process.argv"'))).toEqual([])
    expect(environmentReads(file('packages/gateway/src/main.ts', 'process.argv'))).toEqual([])
  })

  it('finds imports however they are written', () => {
    const text =
      "import a from 'a'\nimport 'b'\nexport { c } from 'c'\nexport * as d from 'd'\nimport type {\n E } from 'e'"
    const names = importsOf({ path: 'x.ts', text }).map((it) => it.name)
    expect(names).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
})
