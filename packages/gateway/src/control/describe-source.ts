/** The source of this scope's settings, as the admin API tells it. A file that this user may not write is none of our own. */
import type { AdminRooms } from './rooms.ts'

export async function describeSource({ source }: AdminRooms) {
  const writable = (await source.own?.isWritable()) ?? false
  return { kind: source.kind, place: source.place, path: source.path ?? null, writable }
}
