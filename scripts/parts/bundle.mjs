/**
 * Bundles one program: `bundle.mjs <package folder> <source> <output>`. A process of its own, because the
 * bundler needs a newer Node than the scripts do.
 *
 * The output's first file does nothing but switch on V8's code cache and import the rest: static imports are
 * compiled before the first line of a module runs, so a program cannot switch it on for itself. The cache
 * stands beside the bundle, where only its owner writes, and not in the shared temporary folder, where
 * another user could have put compiled code of theirs. It is flushed after the start and not only at exit: a
 * gateway that is killed has no exit.
 *
 * A thread's file cannot be part of the bundle: each source that is named `*-worker.ts` becomes a file of its
 * own beside it, where `new Worker(new URL('./x-worker.js', import.meta.url))` finds it.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build } from 'tsdown'
import { lightModules } from './light-modules.mjs'
import { root } from './repository.mjs'

const [folder, source, output] = process.argv.slice(2)
const name = basename(output, '.js')
const distribution = dirname(join(root, folder, output))

rmSync(distribution, { recursive: true, force: true })
const built = build({
  config: false,
  cwd: join(root, folder),
  entry: { [`${name}.bundle`]: source, ...findWorkers() },
  outDir: distribution,
  clean: false,
  format: 'esm',
  platform: 'node',
  target: 'node22.19',
  fixedExtension: false,
  dts: false,
  sourcemap: true,
  treeshake: true,
  report: false,
  logLevel: 'warn',
  tsconfig: join(root, 'tsconfig.json'),
  deps: { alwaysBundle: [/./], onlyBundle: false },
  plugins: [lightModules],
  inputOptions: { resolve: { conditionNames: ['source', 'node', 'import', 'default'] } },
  outputOptions: { chunkFileNames: 'chunks/[name]-[hash].js', comments: { legal: true } },
})
await built.catch((error) => {
  console.error(error.message)
  process.exit(1)
})

mkdirSync(distribution, { recursive: true })
writeFileSync(
  join(distribution, `${name}.js`),
  `#!/usr/bin/env node
import { enableCompileCache, flushCompileCache } from 'node:module'
enableCompileCache(new URL('./.compiled', import.meta.url).pathname)
setTimeout(flushCompileCache, 2_000).unref()
await import('./${name}.bundle.js')
`,
)

function findWorkers() {
  const folders = ['gateway', 'otel', 'reload']
    .map((it) => join(root, 'packages', it, 'src'))
    .filter(existsSync)
  const files = folders.flatMap((it) => readdirSync(it, { recursive: true }).map((path) => join(it, path)))
  const workers = files.filter((it) => it.endsWith('-worker.ts'))
  return Object.fromEntries(workers.map((it) => [basename(it, '.ts'), it]))
}
