/**
 * The document of the admin API, without a gateway: for the generators of the SDK and the reference page.
 */
import { createAdminApp, documentHead } from './admin-app.ts'
import type { AdminRooms } from './rooms.ts'

export function openApiDocument(): Record<string, unknown> {
  // Routes touch their rooms when they are asked something, and nobody asks here.
  const app = createAdminApp({} as AdminRooms)
  return app.getOpenAPI31Document(documentHead) as unknown as Record<string, unknown>
}
