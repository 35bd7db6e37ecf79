/** `@changeover/sdk`: the typed client of the admin API. */
export type { Ask, AskOptions, Client, ClientOptions, FollowedEvent, FollowOptions } from './client.ts'
export { createClient } from './client.ts'
export { isRefused, isUnreachable, RefusedError, UnreachableError } from './errors.ts'
export type * from './generated/api.ts'
export { routes } from './generated/api.ts'
