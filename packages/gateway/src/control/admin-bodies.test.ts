/** What the admin API does with bodies that nobody can read, that have no end, or whose senders have gone. */
import { describe, expect, it } from 'vitest'
import { bodyLimitBytes } from './app.ts'
import { type Asked, adminWorlds, merge, patch } from './test-admin-app.ts'

const open = adminWorlds()

describe('a body that is sent to the admin API', () => {
  it('is refused when it cannot be read', async () => {
    const { ask } = await open()
    const status = async (path: string, more: Asked) => (await ask('PATCH', path, more)).body['code']
    expect(await status('/v1/settings', { type: 'text/html', body: '' })).toBe('control.media_type')
    expect(await status('/v1/settings', { type: patch, body: '[{"op":' })).toBe('control.bad_request')
    expect(await status('/v1/settings', { type: patch, body: { op: 'add' } })).toBe('control.bad_request')
    expect(await status('/v1/settings', { type: patch, body: [{ op: 'remove', path: '/no' }] })).toBe(
      'control.bad_request',
    )
    expect(await status('/v1/settings?force=maybe', { type: patch, body: [] })).toBe('control.bad_request')
    const mistyped = await ask('PATCH', '/v1/settings?overide=15m', { type: merge, body: { routes: {} } })
    expect(mistyped.body['detail']).toBe('"overide": found "15m", expected a name that the API document has')
    const twice = '{"routes":{"a":null},"routes":{"b":null}}'
    const deep = `{"routes":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`
    for (const body of [twice, deep, '{"__proto__":{"a":1}}'])
      expect(await status('/v1/settings', { type: merge, body })).toBe('control.bad_request')
    expect((await ask('PATCH', '/v1/settings', { type: merge, body: twice })).body['detail']).toBe(
      '"the body": found a mistake at 1:22 (found "routes" a second time, first in line 1, expected each name once), expected a patch in JSON',
    )
    expect((await ask('POST', '/v1/reloads', { type: 'image/png', body: 'x' })).body['code']).toBe(
      'control.media_type',
    )
    expect((await ask('GET', '/v1/nothing')).body['code']).toBe('request.no_such_path')
  })

  it('is refused when it is too long by what it says of itself, or once it has been counted', async () => {
    const { ask, request } = await open()
    const length = String(bodyLimitBytes + 1)
    const said = await ask('PATCH', '/v1/settings', {
      type: patch,
      body: [],
      headers: { 'content-length': length },
    })
    expect(said).toMatchObject({ status: 413, body: { code: 'request.too_large' } })
    const counted = await request('/v1/settings', {
      method: 'PATCH',
      headers: { 'content-type': patch },
      body: new Blob(['[', ' '.repeat(bodyLimitBytes), ']']).stream(),
      duplex: 'half',
    })
    expect(counted.status).toBe(413)
  })

  it('is no fault of the gateway’s when its sender leaves in the middle of it', async () => {
    const { request } = await open()
    const gone = Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
    const body = new ReadableStream({ pull: (it) => it.error(gone) })
    const headers = { 'content-type': patch, 'content-length': '10' }
    const answer = await request('/v1/settings', { method: 'PATCH', headers, body, duplex: 'half' })
    expect(answer.status).toBe(499)
  })
})
