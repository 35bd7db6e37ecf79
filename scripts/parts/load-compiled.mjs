/**
 * Runs a built program from compiled code that an earlier run of it left behind. A part of each program's first file
 * (`launcher.mjs`), which carries this text.
 *
 * Why not Node's own cache: it keeps a file as it is right after it was compiled, when V8 has compiled the outermost
 * functions alone. Some 1,500 more run at a start of the gateway, and each was parsed and compiled anew every time. What
 * is kept here is kept after they have run.
 *
 * Why CommonJS: of a module Node gives compiled code only before it runs.
 *
 * V8 knows of the code that it is to take only how long its source was. So it stands in a folder named after the
 * digest of the build; a file is written aside, forced to the disk and then renamed, because V8 does not look whether
 * what it reads is whole. Whoever changes a file of a build by hand has to remove `.compiled`.
 *
 * It must import nothing but modules of Node.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
// As one: a Node that is too old to have all of it has to come as far as saying so.
import vm from 'node:vm'

/**
 * `folder`: where compiled code is kept; where it cannot be written, all is compiled at each start. V8 takes compiled code
 * under the flags alone that were set when it was kept: `flags.late` sets those that come after the start, and
 * `flags.early` takes them back.
 */
export function createLoader(folder, flags) {
  const loaded = new Map()
  /** What was compiled by this process. */
  const fresh = []
  let isLate = false

  function load(path) {
    const known = loaded.get(path)
    if (known !== undefined) return known.exports
    const module = { exports: {} }
    // Before it runs: two that ask for each other find what there is.
    loaded.set(path, module)
    try {
      const run = compile(path).runInThisContext()
      run(module.exports, requireFrom(path), module, path, dirname(path))
    } catch (error) {
      loaded.delete(path)
      throw error
    }
    return module.exports
  }

  function compile(path) {
    const file = join(folder, basename(path))
    const kept = readIfThere(file)
    // As external text of one byte a character: it is not copied into V8's heap.
    const script = new vm.Script(readFileSync(path, 'latin1'), {
      filename: path,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      ...(kept && { cachedData: kept }),
    })
    if (kept === null || script.cachedDataRejected) fresh.push({ script, file, isLate })
    return script
  }

  function requireFrom(path) {
    const others = createRequire(path)
    return (id) => {
      if (id.startsWith('./') || id.startsWith('../')) return load(resolve(dirname(path), id))
      return process.getBuiltinModule(id) ?? others(id)
    }
  }

  /** Keeps what was compiled since it was called last. */
  function keep() {
    const some = fresh.splice(0)
    if (some.length === 0) return
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      some.filter((it) => it.isLate === isLate).forEach(write)
      if (isLate) keepEarly(some.filter((it) => !it.isLate))
    } catch {
      // A folder that is somebody else's, or a full disk: it starts a little slower.
    }
  }

  function keepEarly(some) {
    if (some.length === 0) return
    flags.early()
    try {
      some.forEach(write)
    } finally {
      flags.late()
    }
  }

  function goLate() {
    isLate = true
    flags.late()
  }

  return { load, keep, goLate }
}

function write({ script, file }) {
  const draft = `${file}.${process.pid}`
  try {
    writeFileSync(draft, script.createCachedData(), { mode: 0o600, flush: true })
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file)
  } catch {
    return null
  }
}
