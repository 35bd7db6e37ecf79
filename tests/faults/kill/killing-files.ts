/** Node's file system, with a chance to die before, in the middle of, and after each call that changes something. */
import { type FileSystem, nodeFileSystem, type OpenFile } from '@changeover/reload'
import type { Steps } from './steps.ts'

export function killingFiles(steps: Steps): FileSystem {
  const around = async <T>(call: string, path: string, act: () => Promise<T>): Promise<T> => {
    steps.pass(call, path, 'before')
    const result = await act()
    steps.pass(call, path, 'after')
    return result
  }
  const guarded = (path: string, file: OpenFile): OpenFile => ({
    add(bytes) {
      steps.writes(path, bytes)
      return around('write', path, async () => {
        const half = Math.floor(bytes.length / 2)
        await file.add(bytes.subarray(0, half))
        steps.pass('write', path, 'midway')
        await file.add(bytes.subarray(half))
      })
    },
    sync: () => around('sync', path, () => file.sync()),
    isNamed: () => file.isNamed(),
    close: () => around('close', path, () => file.close()),
  })
  return {
    makeDirectory: (path) => around('makeDirectory', path, () => nodeFileSystem.makeDirectory(path)),
    list: (path) => nodeFileSystem.list(path),
    read: (path) => nodeFileSystem.read(path),
    stampOf: (path) => nodeFileSystem.stampOf(path),
    open: (path, mode) =>
      around('open', path, async () => guarded(path, await nodeFileSystem.open(path, mode))),
    rename: (from, to) => around('rename', to, () => nodeFileSystem.rename(from, to)),
    remove: (path) => around('remove', path, () => nodeFileSystem.remove(path)),
    truncate: (path, sizeBytes) => around('truncate', path, () => nodeFileSystem.truncate(path, sizeBytes)),
    syncDirectory: (path) => around('syncDirectory', path, () => nodeFileSystem.syncDirectory(path)),
  }
}
