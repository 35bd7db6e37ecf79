#!/usr/bin/env node
/**
 * `npm run simulate -- --canaries 10000 --seed 1`: how often the analysis of canaries is wrong, and how soon it is right; and
 * the same for `blame`. Prints tables; `--write` also puts them into docs/reference/analysis.md.
 *
 * A row's canaries are shared out to threads in parts, and each canary has a seed of its own: the tables do not depend on
 * how many threads there are, nor on the machine.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { readOptions } from './parts/options.mjs'
import { root } from './parts/repository.mjs'

const usage = `npm run simulate -- [options]

  --canaries N   good canaries of each kind (10000); rows of harm run a part of it
  --hours N      hours of traffic that blame is asked about, in each row (200)
  --seed S       (1)
  --only TEXT    only rows whose name contains it
  --threads N    (2)
  --write        put the tables into docs/reference/analysis.md`
const PART = 20
const page = join(root, 'docs/reference/analysis.md')

async function main() {
  const {
    canaries,
    hours,
    seed,
    only,
    threads,
    write: isWritten,
  } = readOptions(process.argv.slice(2), {
    usage,
    options: {
      canaries: { type: 'string', default: '10000' },
      hours: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
      threads: { type: 'string', default: '2' },
      write: { type: 'boolean', default: false },
    },
    numbers: ['canaries', 'hours', 'seed', 'threads'],
  })
  const { reports } = await import('./parts/simulations.mjs')
  const pool = new Pool(Math.max(1, threads))
  const tables = []
  for (const report of reports({ canaries, hours })) {
    const rows = []
    for (const [i, row] of report.rows.entries()) {
      if (!row.name.includes(only) || row.runs === 0) continue
      rows.push(await pool.run({ report: report.name, row: i, runs: row.runs, seed }))
      const line = report.cells(rows.at(-1)).join(' | ')
      process.stdout.write(`${line}\n`)
    }
    if (rows.length > 0) tables.push({ name: report.name, text: report.table(rows) })
  }
  await pool.close()
  const { source } = await pool.traffic
  if (isWritten) write(tables, { canaries, hours, seed, source })
}

/** Between its marks, a table is replaced; the rest of the page is written by people. */
function write(tables, { canaries, hours, seed, source }) {
  let text = readFileSync(page, 'utf8')
  const command = `npm run simulate -- --canaries ${canaries} --hours ${hours} --seed ${seed} --write`
  for (const { name, text: table } of tables) {
    const marks = new RegExp(`(<!-- ${name}: written by npm run simulate -->\n)[^]*?(<!-- end -->)`)
    if (!marks.test(text)) throw new Error(`docs/reference/analysis.md has no place for ${name}`)
    const said = `\`${command}\`; sizes of requests: ${source}.`
    text = text.replace(marks, (_, from, to) => `${from}\n${said}\n\n${table}\n${to}`)
  }
  writeFileSync(page, text)
}

class Pool {
  #workers
  #free
  #waiting = []
  traffic

  constructor(threads) {
    this.#workers = Array.from({ length: threads }, () => new Worker(import.meta.filename))
    this.#free = [...this.#workers]
    const [first] = this.#workers
    this.traffic = new Promise((resolve) => first.once('message', (it) => resolve({ source: it.source })))
    for (const it of this.#workers) it.on('error', (error) => fail(error))
  }

  /** One row, in parts over all threads; their outcomes in order of their seeds. */
  async run({ report, row, runs, seed }) {
    await this.traffic
    const parts = []
    let done = 0
    for (let from = 0; from < runs; from += PART) {
      const task = { report, row, seed, from, to: Math.min(runs, from + PART) }
      parts.push(
        this.#one(task).then((it) => {
          done += task.to - task.from
          if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${runs} \x1b[K`)
          return it
        }),
      )
    }
    const found = (await Promise.all(parts)).flat()
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    const { rowOf } = await import('./parts/simulations.mjs')
    return rowOf(report, row, found)
  }

  async #one(task) {
    const worker = this.#free.pop() ?? (await new Promise((resolve) => this.#waiting.push(resolve)))
    const found = await new Promise((resolve) => {
      const take = (it) => {
        if (it.found === undefined) return
        worker.off('message', take)
        resolve(it.found)
      }
      worker.on('message', take)
      worker.postMessage(task)
    })
    const next = this.#waiting.shift()
    if (next === undefined) this.#free.push(worker)
    else next(worker)
    return found
  }

  async close() {
    await Promise.all(this.#workers.map((it) => it.terminate()))
  }
}

async function work() {
  const { runPart, traffic } = await import('./parts/simulations.mjs')
  parentPort.postMessage({ source: traffic().source })
  parentPort.on('message', (task) => parentPort.postMessage({ found: runPart(task) }))
}

function fail(error) {
  process.stderr.write(`simulate: ${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}

if (isMainThread) await main()
else await work()
