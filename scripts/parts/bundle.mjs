/**
 * Bundles one program: `bundle.mjs <package folder> <source> <output>`. A process of its own, because the
 * bundler needs a newer Node than the scripts do.
 *
 * The output's first file imports the rest under the right circumstances (`launcher.mjs`).
 *
 * A thread's file cannot be part of the bundle: each source that is named `*-worker.ts` becomes a file of its
 * own beside it, where `new Worker(new URL('./x-worker.js', import.meta.url))` finds it.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build } from 'tsdown'
import { writeLauncher } from './launcher.mjs'
import { asciiOnly, lightModules } from './light-modules.mjs'
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
  plugins: [lightModules, asciiOnly],
  inputOptions: { resolve: { conditionNames: ['@changeover/source', 'node', 'import', 'default'] } },
  outputOptions: {
    chunkFileNames: 'chunks/[name]-[hash].js',
    comments: { legal: true, jsdoc: false, annotation: false },
  },
})
await built.catch((error) => {
  console.error(error.message)
  process.exit(1)
})

mkdirSync(distribution, { recursive: true })
writeFileSync(
  join(distribution, `${name}.js`),
  writeLauncher({
    bundle: `${name}.bundle.js`,
    gatewayWhen: name === 'main' ? null : "process.argv[2] === 'serve'",
  }),
)

function findWorkers() {
  const folders = ['gateway', 'otel', 'reload']
    .map((it) => join(root, 'packages', it, 'src'))
    .filter(existsSync)
  const files = folders.flatMap((it) => readdirSync(it, { recursive: true }).map((path) => join(it, path)))
  const workers = files.filter((it) => it.endsWith('-worker.ts'))
  return Object.fromEntries(workers.map((it) => [basename(it, '.ts'), it]))
}
