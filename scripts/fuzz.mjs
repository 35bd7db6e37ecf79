/**
 * `npm run fuzz -- --runs 1000000 --seed 7`: broken requests and answers of every format. No crash, no hang, no growth.
 *
 * The cases run in a worker that says how far it is; who stops saying so for `HANG_MS` hangs. `--from N --runs 1` runs
 * one case again. Exits 1 with the case that failed.
 */
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { readOptions } from './parts/options.mjs'
import { root } from './parts/repository.mjs'

const HANG_MS = 30_000
const CHUNK = 2000
/** What caches and optimised code may take between the first tenth and the end. */
const GROWTH_BYTES = 48 * 1024 * 1024

if (isMainThread) watch()
else await run()

function watch() {
  const work = readOptions(process.argv.slice(2), {
    usage: `npm run fuzz -- [options]

  --runs N   cases (100000)
  --seed S   (1)
  --from N   the first of them (0); with --runs 1 one case again

Exits 1 with the case that failed.`,
    options: {
      runs: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      from: { type: 'string', default: '0' },
    },
    numbers: ['runs', 'seed', 'from'],
  })
  const at = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(import.meta.filename, { workerData: { ...work, at }, execArgv: process.execArgv })
  let seen = -1
  const timer = setInterval(() => {
    if (at[0] === seen) fail(`case ${work.from + seen} of seed ${work.seed} hangs`)
    seen = at[0]
  }, HANG_MS)
  worker.on('message', (it) => {
    clearInterval(timer)
    if (it.failed !== undefined) fail(it.failed)
    process.stdout.write(
      `fuzz: ${work.runs} cases of seed ${work.seed} in ${it.seconds} s, heap ${it.heapMb} MB (after a tenth ${it.firstMb} MB)\n`,
    )
  })
  worker.on('error', (error) => fail(String(error)))
}

function fail(text) {
  process.stderr.write(`fuzz: ${text}\n`)
  process.exit(1)
}

async function run() {
  const { FuzzRandom, fuzzTools } = await import('@changeover/testkit')
  const { fuzzCase } = await import('../packages/gateway/src/wire/test-fuzz.ts')
  const { readFuzzCorpus } = await import('../packages/gateway/src/wire/test-fuzz-corpus.ts')
  const { runs, seed, from, at } = workerData
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  const corpus = readFuzzCorpus(join(root, 'tests/recordings'))
  const started = Date.now()
  let first = 0
  for (let i = 0; i < runs; i += 1) {
    at[0] = i
    if (i === Math.floor(runs / 10)) first = heapAfter(collect)
    try {
      fuzzCase(fuzzTools(new FuzzRandom(seed, from + i)), corpus)
    } catch (thrown) {
      const stack = thrown instanceof Error ? thrown.stack : String(thrown)
      parentPort.postMessage({ failed: `case ${from + i} of seed ${seed}: ${stack}` })
      return
    }
    // Lets the collector of finished buffers have its turn.
    if (i % CHUNK === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const last = heapAfter(collect)
  if (runs >= 10_000 && last - first > GROWTH_BYTES) {
    parentPort.postMessage({ failed: `memory grew from ${mb(first)} to ${mb(last)} MB` })
    return
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  parentPort.postMessage({ seconds, heapMb: mb(last), firstMb: mb(first) })
}

function heapAfter(collect) {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function mb(bytes) {
  return (bytes / 1024 / 1024).toFixed(1)
}
