/**
 * What a simulation has counted so far, in a file of lines: a run that was cut off goes on where it was, and rows that were
 * counted before are not counted again.
 *
 * Each line says of which sources it is. What other sources have counted is left alone, and counted anew.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './repository.mjs'

/** What decides what a report counts. */
const folders = { canaries: 'packages/reload/src/rollout/analysis', blame: 'packages/gateway/src/cause' }

export class Kept {
  #file
  #of
  #lines = new Map()

  /** `file`: none keeps nothing. `traffic`: where sizes of requests come from. */
  constructor(file, traffic) {
    this.#file = file
    this.#of = { canaries: digestOf(folders.canaries, traffic), blame: digestOf(folders.blame, traffic) }
    if (file === undefined || !existsSync(file)) return
    const text = readFileSync(file, 'utf8')
    for (const it of text.split('\n').map(parsed)) {
      if (it !== null && it.of === this.#of[it.report]) this.#lines.set(keyOf(it), it.found)
    }
    // A run that was cut off may have left half a line: what comes next is a line of its own.
    if (!text.endsWith('\n')) appendFileSync(file, '\n')
  }

  /** `part`: which row, from which seed, from which canary to which. */
  find(part) {
    return this.#lines.get(keyOf(part))
  }

  add(part, found) {
    if (this.#file === undefined) return
    appendFileSync(this.#file, `${JSON.stringify({ of: this.#of[part.report], ...part, found })}\n`)
  }
}

function keyOf({ report, row, seed, from, to }) {
  return JSON.stringify([report, row, seed, from, to])
}

/** `null` for half a line. */
function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function digestOf(folder, traffic) {
  const hash = createHash('sha256').update(traffic)
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  names.sort((a, b) => (a < b ? -1 : 1))
  for (const name of names.filter((it) => it.endsWith('.ts') && !it.endsWith('.test.ts'))) {
    hash.update(`\n${name}\n`).update(readFileSync(join(root, folder, name)))
  }
  return hash.digest('hex').slice(0, 16)
}
