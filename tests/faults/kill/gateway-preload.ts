/**
 * Loaded before a gateway's own program: puts a chance to die around each call by which the program changes its state
 * directory or its settings file. The program itself is the one that users run.
 */
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { KillAt } from './life.ts'
import { Steps, sayLine } from './steps.ts'

const killAt = JSON.parse(process.env['KILL_AT'] ?? 'null') as KillAt
const steps = new Steps({
  killAt,
  passing: (name) => sayLine({ kind: 'step', name }),
  killing: (name) => sayLine({ kind: 'killed', step: name }),
})

const isWatched = (path: unknown): path is string =>
  typeof path === 'string' && /\/reload(\/|$)|changeover\.yaml/.test(path)

async function around<T>(call: string, path: string, act: () => Promise<T>): Promise<T> {
  steps.pass(call, path, 'before')
  const result = await act()
  steps.pass(call, path, 'after')
  return result
}

type Handle = Awaited<ReturnType<typeof promises.open>>

function guardFile(path: string, file: Handle): void {
  const { writeFile, sync, close } = file
  file.writeFile = (data, options) => {
    const bytes = Buffer.from(data as Uint8Array)
    steps.writes(path, bytes)
    return around('write', path, async () => {
      const half = bytes.length >> 1
      await writeFile.call(file, bytes.subarray(0, half), options)
      steps.pass('write', path, 'midway')
      await writeFile.call(file, bytes.subarray(half), options)
    })
  }
  file.sync = () => around('sync', path, () => sync.call(file))
  file.close = () => around('close', path, () => close.call(file))
}

const { open, rename, rm, truncate } = promises
promises.open = async (path, flags, mode) => {
  const isWriting = flags === 'w' || flags === 'a'
  if (!isWatched(path)) return await open(path, flags, mode)
  if (isWriting) {
    const file = await around('open', path, () => open(path, flags, mode))
    guardFile(path, file)
    return file
  }
  const directory = await open(path, flags, mode)
  const { sync } = directory
  directory.sync = () => around('syncDirectory', path, () => sync.call(directory))
  return directory
}
promises.rename = async (from, to) =>
  isWatched(to) ? await around('rename', to, () => rename(from, to)) : await rename(from, to)
promises.rm = async (path, options) =>
  isWatched(path) ? await around('remove', path, () => rm(path, options)) : await rm(path, options)
promises.truncate = async (path, length) =>
  isWatched(path)
    ? await around('truncate', path, () => truncate(path, length))
    : await truncate(path, length)
syncBuiltinESMExports()
