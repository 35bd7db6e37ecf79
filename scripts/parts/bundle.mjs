/**
 * Bundles one program: `bundle.mjs <package folder> <source> <output>`. A process of its own, because the
 * bundler needs a newer Node than the scripts do.
 *
 * The output's first file runs the rest under the right circumstances (`launcher.mjs`), from compiled code, which asks for
 * CommonJS (`load-compiled.mjs`).
 *
 * A thread's file cannot be part of the bundle: each source that is named `*-worker.ts` becomes a file of its
 * own beside it, where `new Worker(new URL('./x-worker.js', import.meta.url))` finds it. These are modules of Node's own,
 * with chunks of their own.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build } from 'tsdown'
import { writeLauncher } from './launcher.mjs'
import { asciiOnly, asFunction, lightModules } from './light-modules.mjs'
import { root } from './repository.mjs'

const [folder, source, output] = process.argv.slice(2)
const name = basename(output, '.js')
const distribution = dirname(join(root, folder, output))

rmSync(distribution, { recursive: true, force: true })
const common = {
  config: false,
  cwd: join(root, folder),
  outDir: distribution,
  clean: false,
  platform: 'node',
  target: 'node22.19',
  dts: false,
  sourcemap: true,
  treeshake: true,
  report: false,
  logLevel: 'warn',
  // Above all an import that leads nowhere: the program would end when it comes there.
  failOnWarn: true,
  suppressWarnings: [
    // Compiled code asks for CommonJS.
    'We recommend using the ESM format',
    // Modules of Node's own, which need no chunk.
    'INEFFECTIVE_DYNAMIC_IMPORT',
  ],
  tsconfig: join(root, 'tsconfig.json'),
  deps: { alwaysBundle: [/./], onlyBundle: false },
  inputOptions: {
    resolve: { conditionNames: ['@changeover/source', 'node', 'import', 'default'] },
    // How long our own plugins take on a slow machine is nothing for a newcomer to read.
    checks: { bundlerTimings: false },
  },
}
const comments = { legal: true, jsdoc: false, annotation: false }

async function bundle(options) {
  await build({ ...common, ...options }).catch((error) => {
    console.error(error.message)
    process.exit(1)
  })
}

await bundle({
  entry: { [`${name}.bundle`]: source },
  format: 'cjs',
  fixedExtension: true,
  plugins: [lightModules, asciiOnly, asFunction],
  outputOptions: { chunkFileNames: 'chunks/[name]-[hash].cjs', comments },
})
await bundle({
  entry: findWorkers(),
  format: 'esm',
  fixedExtension: false,
  plugins: [lightModules, asciiOnly],
  outputOptions: { chunkFileNames: 'chunks/[name]-[hash].js', comments },
})

mkdirSync(distribution, { recursive: true })
writeFileSync(
  join(distribution, `${name}.js`),
  writeLauncher({
    bundle: `${name}.bundle.cjs`,
    build: digestOfBuild(),
    gatewayWhen: name === 'main' ? null : "process.argv[2] === 'serve'",
  }),
)

/** Of all that is run from compiled code. */
function digestOfBuild() {
  const hash = createHash('sha256')
  const files = readdirSync(distribution, { recursive: true }).filter((it) => it.endsWith('.cjs'))
  for (const it of files.toSorted((a, b) => (a < b ? -1 : 1)))
    hash.update(readFileSync(join(distribution, it)))
  return hash.digest('hex').slice(0, 16)
}

function findWorkers() {
  const folders = ['gateway', 'otel', 'reload']
    .map((it) => join(root, 'packages', it, 'src'))
    .filter(existsSync)
  const files = folders.flatMap((it) => readdirSync(it, { recursive: true }).map((path) => join(it, path)))
  const workers = files.filter((it) => it.endsWith('-worker.ts'))
  return Object.fromEntries(workers.map((it) => [basename(it, '.ts'), it]))
}
