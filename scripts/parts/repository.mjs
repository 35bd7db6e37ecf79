/**
 * Where things are in this repository, and which Node runs them.
 *
 * Scripts must start on Node 20 with nothing installed, because that is what a plain machine has; what they
 * start needs 22.19 or newer. The install brings a Node 24 (`node_modules/.bin/node`), and everything after
 * set-up runs on that one, so that a developer's machine and CI run the same.
 *
 * Not here: installing (`../setup.mjs`).
 */
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export const binaries = join(root, 'node_modules', '.bin')

/** Where scripts keep what they may recompute: stamps, generated tsconfigs, test reports. */
export const cache = join(root, 'node_modules', '.cache', 'changeover')

const oldestNode = [22, 19]

/** A failure whose text is meant for the person at the terminal: printed without a stack. */
export class ScriptError extends Error {
  name = 'ScriptError'
}

/** The Node that runs the product. Throws a `ScriptError` when neither the installed one nor this one is new enough. */
export function findNode() {
  const installed = join(binaries, 'node')
  if (isExecutable(installed)) return installed
  if (isNewEnough(process.versions.node)) return process.execPath
  throw new ScriptError(
    `the gateway needs Node ${oldestNode.join('.')} or newer, and this is ${process.versions.node}; ` +
      `the install brings a newer Node for Linux on x64 and arm64 only (this is ${process.platform}-${process.arch}): ` +
      'install Node 24 and run the command again',
  )
}

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])
}

/** The environment in which the tools of `node_modules/.bin` find each other, and the installed Node first. */
export function toolEnvironment(extra = {}) {
  // Several tools colour whatever CI shows; a log that is read as text should be text.
  const colour = process.stdout.isTTY ? {} : { NO_COLOR: '1' }
  return { ...process.env, ...colour, PATH: [binaries, process.env.PATH ?? ''].join(delimiter), ...extra }
}

/** The path of a command, also looked for where Debian keeps servers and a plain user's PATH does not lead. */
export function findCommand(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin']
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path) {
  if (!existsSync(path)) return false
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
