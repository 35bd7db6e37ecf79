/** `@changeover/reload`: the public door. Everything else in this package may move. */
export * from './contract/clock.ts'
export * from './contract/handle.ts'
export * from './contract/origin.ts'
export * from './contract/participant.ts'
export * from './contract/payload.ts'
export * from './contract/receipt.ts'
export * from './contract/reloader.ts'
export * from './contract/snapshot.ts'
export * from './contract/store.ts'
export * from './contract/telemetry.ts'
export * from './contract/trust.ts'
export type { DetailsOf, ErrorCode, Rule } from './errors.ts'
export { isReloadError, ReloadError, rules, sayError } from './errors.ts'
export { changedParameters, changes, readableChanges } from './format/diff.ts'
export { nearest } from './format/nearest.ts'
export { isPointer, pointTo, stepsOf } from './format/pointer.ts'
export {
  directoryHandle,
  directorySource,
  SETTINGS_DIRECTORY_TYPE,
  type SettingsDirectory,
} from './handles/directory.ts'
export { fileHandle, fileSource } from './handles/file.ts'
export { type HttpPollOptions, httpPollHandle } from './handles/http-poll.ts'
export { type PushHandle, pushHandle } from './handles/push.ts'
export { signalHandle } from './handles/signal.ts'
export type { Reading, Source } from './handles/source.ts'
export type { WatchedOptions } from './handles/watched.ts'
export type { LockOwner, ProcessTable } from './stores/directory-lock.ts'
export { type FileStoreOptions, fileStore } from './stores/file.ts'
export { type FileSystem, nodeFileSystem, type OpenFile } from './stores/file-system.ts'
export { memoryStore } from './stores/memory.ts'
export { systemClock } from './system-clock.ts'
