/**
 * The admin API: all its routes, their document, and the way it says no.
 *
 * Who may ask, and from where, is settled before a request comes here (`server/admin-server.ts`), as are
 * `/healthz`, `/readyz` and `/metrics`: those must answer before this, with its schemas, is even loaded.
 */

import { extract } from '@changeover/otel'
import type { Span } from '@changeover/reload'
import { bodyLimit } from 'hono/body-limit'
import { GatewayError } from '../errors.ts'
import { type AdminApp, type AdminContext, bodyLimitBytes, createApp } from './app.ts'
import { guardRoutes } from './guard-routes.ts'
import { problem, problemOf } from './problem.ts'
import type { AdminRooms } from './rooms.ts'
import { addApiRoutes } from './routes/apis.ts'
import { addApprovalRoutes } from './routes/approvals.ts'
import { addBillRoutes } from './routes/bills.ts'
import { addBlameRoutes } from './routes/blame.ts'
import { addCacheRoutes } from './routes/caches.ts'
import { addCallRoutes } from './routes/calls.ts'
import { addCauseRoutes } from './routes/causes.ts'
import { addChangeRoutes } from './routes/changes.ts'
import { addKeyRoutes } from './routes/keys.ts'
import { addLimitRoutes } from './routes/limits.ts'
import { addPlanRoutes } from './routes/plans.ts'
import { addReloadRoutes } from './routes/reloads.ts'
import { addRolloutRoutes } from './routes/rollouts.ts'
import { addSettingsRoutes } from './routes/settings.ts'
import { addStateRoutes } from './routes/state.ts'
import { addTrustRoutes } from './routes/trust.ts'
import { addVersionRoutes } from './routes/versions.ts'
import { ReloadEvent } from './schemas.ts'
import { sendProblem } from './send-problem.ts'

export function createAdminApp(rooms: AdminRooms): AdminApp {
  const app = createApp()
  app.use(traceChanges(rooms))
  app.use(limitBodies())
  guardRoutes(app, rooms)
  addApiRoutes(app, rooms)
  addApprovalRoutes(app, rooms)
  addReloadRoutes(app, rooms)
  addRolloutRoutes(app, rooms)
  addVersionRoutes(app, rooms)
  addSettingsRoutes(app, rooms)
  addChangeRoutes(app, rooms)
  addKeyRoutes(app, rooms)
  addLimitRoutes(app, rooms)
  addPlanRoutes(app, rooms)
  addCacheRoutes(app, rooms)
  addCallRoutes(app, rooms)
  addCauseRoutes(app, rooms)
  addBlameRoutes(app, rooms)
  addBillRoutes(app, rooms)
  addStateRoutes(app, rooms)
  addTrustRoutes(app, rooms)
  describeRest(app)
  app.doc31('/openapi.json', documentHead)
  app.notFound((c) => sendProblem(problemOf(new GatewayError('request.no_such_path', { path: c.req.path }))))
  app.onError((error, c) => refuse(rooms, error, c))
  return app
}

/** What the document says beside the routes: the event's form, the token, and the server's own three answers. */
function describeRest(app: AdminApp): void {
  const registry = app.openAPIRegistry
  registry.register('ReloadEvent', ReloadEvent)
  registry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  const open = [
    { path: '/healthz', operationId: 'readHealth', summary: 'Whether the process is alive' },
    { path: '/readyz', operationId: 'readReady', summary: 'Whether calls can be served; 503 says why not' },
    { path: '/metrics', operationId: 'readMetrics', summary: 'Metrics in the text form of Prometheus' },
  ]
  const text = { description: 'Text', content: { 'text/plain': { schema: { type: 'string' as const } } } }
  for (const it of open)
    registry.registerPath({ ...it, method: 'get', security: [], responses: { 200: text } })
}

export const documentHead = {
  openapi: '3.1.0',
  info: {
    title: 'Changeover admin API',
    version: '1',
    description: 'Change, look at and take back the settings of a running gateway.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: 'http://127.0.0.1:8701' }],
  security: [{ token: [] }],
}

/**
 * A server span for whatever may change something, so that a reload hangs below the request that asked for
 * it, and the request below its caller's trace. Reading is not traced: a console that polls would drown it.
 */
function traceChanges(rooms: AdminRooms) {
  return async (c: AdminContext, next: () => Promise<void>): Promise<void> => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    const traceparent = c.req.header('traceparent')
    const tracestate = c.req.header('tracestate')
    const parent = extract({ traceparent, tracestate })
    const span: Span = rooms.telemetry.tracer.start(`${c.req.method} ${c.req.path}`, {
      kind: 'server',
      parent,
      attributes: { 'http.request.method': c.req.method, 'url.path': c.req.path, 'url.scheme': 'http' },
    })
    c.set('span', span)
    try {
      await next()
      span.set({ 'http.response.status_code': c.res.status })
      if (c.res.status >= 500) span.fail(String(c.res.status))
    } finally {
      span.end()
    }
  }
}

/**
 * A body that says how long it is, is let through or refused by that. Only one that does not is read and counted: for that
 * the request has to become one of the standard kind, with a stream, which costs more than all that most changes do here.
 */
function limitBodies() {
  const tooLarge = () =>
    sendProblem(problemOf(new GatewayError('request.too_large', { limit: bodyLimitBytes })))
  const counted = bodyLimit({ maxSize: bodyLimitBytes, onError: tooLarge })
  return async (c: AdminContext, next: () => Promise<void>): Promise<Response | void> => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    const length = c.req.header('content-length')
    if (length === undefined || c.req.header('transfer-encoding') !== undefined) return counted(c, next)
    return Number.parseInt(length, 10) > bodyLimitBytes ? tooLarge() : next()
  }
}

function refuse({ telemetry }: AdminRooms, error: unknown, c: AdminContext): Response {
  const status = (error as { status?: unknown }).status
  // Hono's own refusals, such as a body that is no JSON.
  if (typeof status === 'number' && status < 500 && error instanceof Error)
    return sendProblem(problem('control.bad_request', error.message, { status }))
  const body = problemOf(hasLeft(error) ? new GatewayError('call.cancelled', {}, { cause: error }) : error)
  if (body.code === 'gateway.bug')
    telemetry.logger.log({
      level: 'error',
      room: 'control',
      message: `${c.req.method} ${c.req.path} failed`,
      error,
    })
  return sendProblem(body)
}

/** What Node says of a body whose sender has gone. */
function hasLeft(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error as NodeJS.ErrnoException).code === 'ECONNRESET' &&
    error.message === 'aborted'
  )
}
