/**
 * Loaded before a gateway's own program: puts a chance to die around each call by which the program changes its state
 * directory or its settings file. The program itself is the one that users run.
 */
import files from 'node:fs'
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

type Done = (error: Error | null, ...results: readonly unknown[]) => void
type Call = (...args: readonly unknown[]) => void

/** The paths of what is open, by number: what is written to, and the directories that are forced. */
const written = new Map<unknown, string>()
const looked = new Map<unknown, string>()

/** In the place of a call with a callback. What `promisify` knows of the call, it knows of this one too. */
function instead(name: 'open' | 'write' | 'fsync' | 'close', make: (call: Call) => Call): void {
  const call = files[name] as unknown as Call
  const made = make(call)
  for (const symbol of Object.getOwnPropertySymbols(call))
    Object.defineProperty(made, symbol, Object.getOwnPropertyDescriptor(call, symbol) ?? {})
  Object.defineProperty(files, name, { value: made })
}

/** `act` is given what it has to tell its end to. */
function passing(call: string, path: string, act: (done: Done) => void, done: Done): void {
  steps.pass(call, path, 'before')
  act((error, ...results) => {
    if (!error) steps.pass(call, path, 'after')
    done(error, ...results)
  })
}

const WRITING = files.constants.O_WRONLY | files.constants.O_RDWR

instead('open', (open) => (...args) => {
  const [path, flags] = args
  const [given, done] = [args.slice(0, -1), args.at(-1) as Done]
  if (!isWatched(path)) return open(...args)
  const isWriting = typeof flags === 'number' && (flags & WRITING) !== 0
  const noted: Done = (error, file) => {
    if (!error) (isWriting ? written : looked).set(file, path)
    done(error, file)
  }
  if (isWriting) passing('open', path, (it) => open(...given, it), noted)
  else open(...given, noted)
})

instead('write', (write) => (...args) => {
  const [file, bytes, from, size, , done] = args as [number, Uint8Array, number, number, null, Done]
  const path = written.get(file)
  if (path === undefined) return write(...args)
  steps.writes(path, Buffer.from(bytes.subarray(from, from + size)))
  const half = size >> 1
  const inTwo = (told: Done): void =>
    write(file, bytes, from, half, null, (error: Error | null, first: number) => {
      if (error) return told(error)
      steps.pass('write', path, 'midway')
      write(file, bytes, from + first, size - first, null, (late: Error | null, rest: number) =>
        told(late, first + rest, bytes),
      )
    })
  passing('write', path, inTwo, done)
})

instead('fsync', (fsync) => (...args) => {
  const [file, done] = args as [number, Done]
  const call = written.has(file) ? 'sync' : 'syncDirectory'
  const path = written.get(file) ?? looked.get(file)
  if (path === undefined) return fsync(...args)
  passing(call, path, (it) => fsync(file, it), done)
})

instead('close', (close) => (...args) => {
  const [file, done] = args as [number, Done]
  const path = written.get(file)
  // Before it is closed: the number is somebody else's as soon as it is.
  written.delete(file)
  looked.delete(file)
  if (path === undefined) return close(...args)
  passing('close', path, (it) => close(file, it), done)
})

const { rename, rm, truncate } = promises
promises.rename = async (from, to) =>
  isWatched(to) ? await around('rename', to, () => rename(from, to)) : await rename(from, to)
promises.rm = async (path, options) =>
  isWatched(path) ? await around('remove', path, () => rm(path, options)) : await rm(path, options)
promises.truncate = async (path, length) =>
  isWatched(path)
    ? await around('truncate', path, () => truncate(path, length))
    : await truncate(path, length)
syncBuiltinESMExports()
