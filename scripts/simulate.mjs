#!/usr/bin/env node
/**
 * `npm run simulate`: how often the analysis of canaries is wrong, and how soon it is right; and the same for `blame`. Prints
 * its rows; `--write` also puts them into docs/reference/analysis.md, where rows that it did not count stay as they are.
 *
 * A row's canaries are shared out to threads in parts, and each canary has a seed of its own: what is counted does not depend
 * on how many threads there are, nor on the machine.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { readOptions } from './parts/options.mjs'
import { root } from './parts/repository.mjs'

const usage = `npm run simulate -- [options]

  --canaries N   in each row (as many as the page's row has); 0 leaves canaries out
  --hours N      of traffic that blame is asked about, in each row (as many as the page's row has); 0 leaves blame out
  --seed S       of a row's first canary or hour; each has the next (1)
  --only TEXT    only the row of that name, or else those whose name contains it
  --threads N    (2)
  --keep FILE    put what is counted into FILE, and do not count again what is there; other sources count anew
  --write        put the rows into docs/reference/analysis.md, in the place of those of the same names`
const PART = 20
const page = join(root, 'docs/reference/analysis.md')

async function main() {
  const { canaries, hours, seed, only, threads, keep, write } = readOptions(process.argv.slice(2), {
    usage,
    options: {
      canaries: { type: 'string' },
      hours: { type: 'string' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: '' },
      threads: { type: 'string', default: '2' },
      keep: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
    numbers: ['canaries', 'hours', 'seed', 'threads'],
  })
  const { reports, strangeMeasures } = await import('./parts/simulations.mjs')
  const strange = strangeMeasures()
  if (strange.length > 0) fail(`the measures of test-measures.ts are not a gateway's:\n${strange.join('\n')}`)
  const pool = new Pool(Math.max(1, threads))
  const { Kept } = await import('./parts/simulation-kept.mjs')
  const { source, isReal } = await pool.traffic
  if (write && !isReal) fail(`the page's rows are of Azure's trace, and these would be of ${source}`)
  const kept = new Kept(keep, source)
  const asked = reports({ canaries, hours })
  const isExact = asked.some(({ rows }) => rows.some(({ name }) => name === only))
  for (const { name: report, head, rows, cells } of asked) {
    for (const [row, { name, runs }] of rows.entries()) {
      if (runs === 0 || !(isExact ? name === only : name.includes(only))) continue
      const counted = cells(await pool.run({ report, row, name, runs, seed, kept }), seed)
      process.stdout.write(`${counted.join(' | ')}\n`)
      if (write) await writeRow({ table: report, head, names: rows.map((it) => it.name), rows: [counted] })
    }
  }
  await pool.close()
}

async function writeRow(table) {
  const { withRows } = await import('./parts/simulation-page.mjs')
  writeFileSync(page, withRows(readFileSync(page, 'utf8'), table))
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
    this.traffic = new Promise((resolve) => first.once('message', resolve))
    for (const it of this.#workers) it.on('error', (error) => fail(error))
  }

  /** One row, in parts over all threads; its outcomes in order of their seeds. */
  async run({ report, row, name, runs, seed, kept }) {
    const parts = []
    let done = 0
    for (let from = 0; from < runs; from += PART) {
      const to = Math.min(runs, from + PART)
      const part = { report, row: name, seed, from, to }
      const count = async () => {
        const found = await this.#one({ report, row, seed, from, to })
        kept.add(part, found)
        return found
      }
      const taken = kept.find(part) ?? count()
      parts.push(
        Promise.resolve(taken).then((it) => {
          done += to - from
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
  const { source, isReal } = traffic()
  parentPort.postMessage({ source, isReal })
  parentPort.on('message', (task) => parentPort.postMessage({ found: runPart(task) }))
}

function fail(error) {
  process.stderr.write(`simulate: ${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}

if (isMainThread) await main()
else await work()
