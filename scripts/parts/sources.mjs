/** One digest over what a build reads, so that an unchanged tree is not built again. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './repository.mjs'

/** Digest of the given files and folders (tests left out): paths and bytes, in one order on every machine. */
export function digestSources(places) {
  const hash = createHash('sha256')
  for (const path of places.flatMap((it) => listFiles(join(root, it))).sort()) {
    hash
      .update(`${relative(root, path)}\0`)
      .update(readFileSync(path))
      .update('\0')
  }
  return hash.digest('hex')
}

function listFiles(place) {
  if (!existsSync(place)) return []
  if (statSync(place).isFile()) return [place]
  const found = readdirSync(place, { withFileTypes: true, recursive: true })
  return found
    .filter((it) => it.isFile() && !it.name.endsWith('.test.ts'))
    .map((it) => join(it.parentPath ?? it.path, it.name))
}
