/** The source of this scope's settings, as the admin API tells it. */
import type { AdminRooms } from './rooms.ts'

export function describeSource({ source }: AdminRooms) {
  return { kind: source.kind, place: source.place, writable: source.own !== null }
}
