import { describe, expect, it } from 'vitest'
import { openApiDocument } from './openapi.ts'
import { neededFor, routePermissions } from './route-permissions.ts'

const open = ['GET /healthz', 'GET /readyz', 'GET /metrics']

function routesOf(): string[] {
  const paths = openApiDocument()['paths'] as Record<string, Record<string, unknown>>
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
}

describe('the table of permissions', () => {
  it('has every route of the API, and none that is not there', () => {
    const routes = [...routesOf().filter((it) => !open.includes(it)), 'GET /openapi.json']
    expect(Object.keys(routePermissions).toSorted()).toEqual(routes.toSorted())
  })

  it('lets nobody change anything who may only look', () => {
    for (const [route, needed] of Object.entries(routePermissions))
      if (!route.startsWith('GET ') && needed === 'read') expect.fail(`${route} needs no more than reading`)
  })

  it('asks for less when it is only looked, and for more when the quarantine is to be passed', () => {
    const needed = (route: string, query: Record<string, string>) => neededFor(route, (name) => query[name])
    expect(needed('POST /v1/reloads', {})).toEqual(['change'])
    expect(needed('POST /v1/reloads', { dryRun: 'true' })).toEqual(['plan'])
    expect(needed('POST /v1/repricings', { dryRun: 'true' })).toEqual(['plan'])
    expect(needed('POST /v1/repricings', { dryRun: 'false' })).toEqual(['operate'])
    expect(needed('PATCH /v1/settings', { force: 'true' })).toEqual(['change', 'operate'])
    expect(needed('PATCH /v1/settings', { emergency: 'true', force: 'true' })).toEqual(['emergency'])
    expect(needed('POST /v1/rollback', { emergency: 'true' })).toEqual(['emergency'])
    expect(needed('GET /v1/status', { emergency: 'true' })).toEqual(['read'])
    expect(needed('DELETE /v1/everything', {})).toBeNull()
  })
})
