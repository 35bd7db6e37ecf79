/**
 * Writes a generated file, or with `--check` compares it with what is there and says which differs.
 *
 * The check is how a test makes sure that what is committed is what would be generated.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './repository.mjs'

/** `path` is below the root. */
export function writeGenerated(path, text) {
  const file = join(root, path)
  if (process.argv.includes('--check')) {
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return
    console.error(`${path} is not what would be generated; run "npm run generate"`)
    process.exitCode = 1
    return
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
