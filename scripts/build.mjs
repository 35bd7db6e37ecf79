#!/usr/bin/env node
/**
 * Builds what is published and what `npm start` runs; an unchanged tree is not built again.
 *
 * Two programs (gateway and command line) are bundled with their dependencies, because a start that opens one
 * file is several times faster than one that opens six hundred. Imports written as `import()` stay separate
 * chunks, so that what is loaded lazily costs nothing at start. The libraries are compiled file by file, with
 * declarations, because those who import them bundle for themselves.
 *
 * See docs/decisions/2026-11-21-bundled-build.md.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readOptions } from './parts/options.mjs'
import { binaries, cache, root, ScriptError } from './parts/repository.mjs'
import { run, runMain, runNode, seconds } from './parts/run.mjs'
import { digestSources } from './parts/sources.mjs'

/** Programs: a package, the source of its entry, the bundle. In the order in which they are built. */
const programs = [
  { folder: 'packages/gateway', source: 'src/main.ts', output: 'dist/main.js' },
  { folder: 'packages/cli', source: 'src/changeover.ts', output: 'dist/changeover.js' },
]

/** Libraries, each after those it imports: declarations are read from the earlier one's `dist`. */
const libraries = ['packages/reload', 'packages/otel', 'packages/sdk']

const common = ['package-lock.json', 'tsconfig.json', 'scripts/build.mjs', 'scripts/parts']
const sourceFolders = ['reload', 'otel', 'sdk', 'gateway', 'cli'].map((it) => `packages/${it}/src`)

/** Builds what is stale. `only` is `programs`, `libraries` or nothing for both. */
export async function build({ force = false, only } = {}) {
  if (only !== 'libraries') await buildStale('programs', buildPrograms, force)
  if (only !== 'programs') await buildStale('libraries', buildLibraries, force)
}

async function buildStale(part, make, force) {
  const stamp = join(cache, `built-${part}`)
  const digest = digestSources([...common, ...sourceFolders])
  const isFresh =
    existsSync(stamp) && readFileSync(stamp, 'utf8') === digest && outputs(part).every(existsSync)
  if (isFresh && !force) return
  rmSync(stamp, { force: true })
  const startedMs = Date.now()
  await make()
  mkdirSync(cache, { recursive: true })
  writeFileSync(stamp, digest)
  console.log(`build: ${part} in ${seconds(Date.now() - startedMs)}`)
}

function outputs(part) {
  if (part === 'libraries') return libraries.map((it) => join(root, it, 'dist/index.js'))
  return programs.filter(hasSource).map((it) => join(root, it.folder, it.output))
}

function hasSource(program) {
  return existsSync(join(root, program.folder, program.source))
}

async function buildPrograms() {
  for (const program of programs.filter(hasSource)) {
    const { code } = await runNode([
      'scripts/parts/bundle.mjs',
      program.folder,
      program.source,
      program.output,
    ])
    if (code !== 0) throw new ScriptError(`${program.folder}/${program.source} could not be bundled`)
  }
  linkCommand()
}

/** npm links a command only when its file is there at install time, and a fresh clone has no `dist` yet. */
function linkCommand() {
  const target = join(root, 'packages/cli/dist/changeover.js')
  if (!existsSync(target)) return
  chmodSync(target, 0o755)
  const link = join(binaries, 'changeover')
  rmSync(link, { force: true })
  symlinkSync(relative(dirname(link), target), link)
}

async function buildLibraries() {
  for (const folder of libraries) {
    rmSync(join(root, folder, 'dist'), { recursive: true, force: true })
    const { code } = await run(join(binaries, 'tsc'), ['-p', writeLibraryProject(folder)])
    if (code !== 0) throw new ScriptError(`${folder} could not be compiled`)
  }
}

/** A project file made for the occasion: the root's rules, one package's files, and no sources of its neighbours. */
function writeLibraryProject(folder) {
  const place = join(cache, 'tsconfig')
  mkdirSync(place, { recursive: true })
  const path = join(place, `${folder.replace('/', '-')}.json`)
  const project = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      rootDir: join(root, folder, 'src'),
      outDir: join(root, folder, 'dist'),
      customConditions: [],
      noEmit: false,
      sourceMap: true,
      rewriteRelativeImportExtensions: true,
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: [join(root, folder, 'src/**/*.ts')],
    exclude: ['src/**/*.test.ts', 'src/**/test-*.ts'].map((it) => join(root, folder, it)),
  }
  writeFileSync(path, JSON.stringify(project, null, 2))
  return path
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async (args) => {
    const values = readOptions(args, {
      usage: `npm run build -- [options]

  --only WHAT   programs | libraries
  --force       also what has not changed`,
      options: { force: { type: 'boolean' }, only: { type: 'string' } },
    })
    if (values.only !== undefined && values.only !== 'programs' && values.only !== 'libraries') {
      throw new ScriptError(`--only is "${values.only}", expected "programs" or "libraries"`)
    }
    await build(values)
  })
}
