/** Every dependency is there for a reason, and the engine has none. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { looseVersions, manifestOf, undocumented } from './packages.ts'
import { root } from './source-tree.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const folders = ['.', 'bench', ...readdirSync(join(root, 'packages')).map((it) => `packages/${it}`)].filter(
  (it) => existsSync(join(root, it, 'package.json')),
)
const manifests = folders.map((it) => manifestOf(it, read(`${it}/package.json`)))

describe('the packages', () => {
  it('have a reason for each dependency, in docs/reference/dependencies.md', () => {
    expect(undocumented(manifests, read('docs/reference/dependencies.md'))).toEqual([])
  })

  it('name exact versions', () => {
    expect(folders.flatMap((it) => looseVersions(it, read(`${it}/package.json`)))).toEqual([])
  })

  it('let the engine be installed alone: it has no dependency of any kind', () => {
    expect(manifestOf('reload', read('packages/reload/package.json')).dependencies).toEqual([])
  })

  it('are published without their tests where others import them', () => {
    for (const name of ['reload', 'otel', 'sdk']) {
      const manifest = JSON.parse(read(`packages/${name}/package.json`)) as Record<string, unknown>
      expect(manifest['files'], name).toEqual(['dist', 'src', '!src/**/*.test.ts'])
    }
  })

  it('have one licence, and run on the same Node', () => {
    for (const folder of folders.filter((it) => it.startsWith('packages/'))) {
      const manifest = JSON.parse(read(`${folder}/package.json`)) as Record<string, unknown>
      expect(manifest, folder).toMatchObject({
        license: 'Apache-2.0',
        type: 'module',
        engines: { node: '>=22.19' },
      })
    }
  })
})

describe('the dependency rule', () => {
  const manifest = manifestOf('a', '{"dependencies":{"x":"1.0.0"},"devDependencies":{"y":"1.0.0"}}')

  it('catches a dependency without a reason, and a reason without a dependency', () => {
    expect(
      undocumented([manifest], '## `a`\n| `x` | reads what people write |\n| `z` | no longer in use |'),
    ).toEqual([
      'a: "y" has no reason in docs/reference/dependencies.md',
      'a: "z" has a reason but is no dependency',
    ])
    expect(undocumented([manifest], '## `b`\n| `x` | reads what people write |')).toHaveLength(2)
  })

  it('catches a version that is a range', () => {
    const loose = '{"dependencies":{"x":"^1.0.0","y":"1.2.3","z":"latest"}}'
    expect(looseVersions('a', loose)).toEqual([
      'a: "x" is "^1.0.0", expected one exact version',
      'a: "z" is "latest", expected one exact version',
    ])
  })
})
