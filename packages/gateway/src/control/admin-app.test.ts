import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { settingsText } from '../settings/edit.ts'
import * as callSchemas from './call-schemas.ts'
import * as causes from './cause-schemas.ts'
import { Plan, PlanPage } from './plan-schemas.ts'
import * as schemas from './schemas.ts'
import { type AdminWorld, adminWorlds, calls, copyOfCall, merge, patch, starter } from './test-admin-app.ts'

const open = adminWorlds()
const weight = (value: number) => [{ op: 'replace', path: '/routes/chat/targets/0/weight', value }]

/** Reads events until one of that state has come, and hangs up. */
async function readUntil(response: Response, state: string): Promise<{ state: string; attempt: string }[]> {
  const events: { state: string; attempt: string }[] = []
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += new TextDecoder().decode(chunk)
    events.length = 0
    const whole = text.slice(0, text.lastIndexOf('\n\n') + 1)
    for (const [, data = ''] of whole.matchAll(/^data: (.*)$/gm))
      events.push(JSON.parse(data) as (typeof events)[0])
    if (events.some((it) => it.state === state)) break
  }
  return events
}

describe('changing settings', () => {
  it('patches what is in force and writes it back, comments kept', async () => {
    const { ask, file } = await open()
    const answer = await ask('PATCH', '/v1/settings', { type: patch, body: weight(50), as: schemas.Receipt })
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      outcome: 'applied',
      changedParameters: ['/routes/chat/targets/0/weight'],
      file: { written: true },
    })
    expect(answer.headers.get('etag')).toBe(`"${String(answer.body['version'])}"`)
    expect(file()).toBe(starter.replace('weight: 90', 'weight: 50'))

    const settings = await ask('GET', '/v1/settings?pointer=/routes/chat/targets/0', { as: schemas.Settings })
    expect(settings.body).toMatchObject({
      settings: { model: 'small', weight: 50 },
      source: { writable: true },
    })
    expect(settings.headers.get('etag')).toBe(answer.headers.get('etag'))
  })

  it('takes a merge patch, and answers unchanged when there is nothing to do', async () => {
    const { ask, file } = await open()
    const body = { models: { tiny: { provider: 'sim' } } }
    expect((await ask('PATCH', '/v1/settings', { type: merge, body })).body).toMatchObject({
      outcome: 'applied',
    })
    expect(file()).toContain('tiny')
    expect(file()).toContain('# how we route')
    const again = await ask('PATCH', '/v1/settings', { type: merge, body, as: schemas.Receipt })
    expect(again.body).toMatchObject({ outcome: 'unchanged' })
  })

  it('takes whole settings in any form, and keeps the comments of the file', async () => {
    const { ask, file } = await open()
    const yaml = starter.replace('weight: 90', 'weight: 70').replace('# cheap', '# cheapest')
    const whole = await ask('POST', '/v1/reloads?reason=because', { type: 'application/yaml', body: yaml })
    expect(whole.body).toMatchObject({ outcome: 'applied', file: { written: true } })
    expect(file()).toBe(yaml)

    const tree = settingsText.read(Buffer.from(yaml.replace('weight: 70', 'weight: 60')), 'x.yaml')
    const json = await ask('POST', '/v1/reloads', { type: 'application/json', body: tree })
    expect(json.body).toMatchObject({ outcome: 'applied' })
    expect(file()).toBe(yaml.replace('weight: 70', 'weight: 60'))
  })

  it('refuses with code and place, and touches neither file nor version', async () => {
    const { ask, file, reloader } = await open()
    const before = reloader.current()?.version
    const broken = await ask('POST', '/v1/reloads', {
      type: 'application/yaml',
      body: 'routes:\n  chat:\n   - : [',
      headers: { 'x-changeover-source': 'new.yaml' },
    })
    expect(broken.status).toBeGreaterThanOrEqual(400)
    expect(broken.body).toMatchObject({
      code: 'payload.unreadable',
      issues: [{ place: { file: 'new.yaml' } }],
    })
    const failed = await ask('PATCH', '/v1/settings', { type: merge, body: { routes: { explode: {} } } })
    expect(failed.body).toMatchObject({ code: 'prepare.failed', status: 422, version: before })
    expect(file()).toBe(starter)
    expect(reloader.current()?.version).toBe(before)
  })

  it('honours If-Match', async () => {
    const { ask, reloader } = await open()
    const headers = { 'if-match': '"1.999"' }
    const answer = await ask('PATCH', '/v1/settings', { type: patch, body: weight(1), headers })
    expect(answer).toMatchObject({ status: 412, body: { code: 'verify.conflict' } })
    const right = { 'if-match': `"${reloader.current()?.version ?? ''}"` }
    expect(
      (await ask('PATCH', '/v1/settings', { type: patch, body: weight(1), headers: right })).status,
    ).toBe(200)
  })

  it('lets one of several through who change the same version at once, and tells the others what is in force', async () => {
    const { ask, reloader, file } = await open()
    const headers = { 'if-match': `"${reloader.current()?.version ?? ''}"` }
    const answers = await Promise.all(
      [11, 12, 13].map((it) => ask('PATCH', '/v1/settings', { type: patch, body: weight(it), headers })),
    )
    const taken = answers.filter((it) => it.status === 200)
    expect(taken).toHaveLength(1)
    const version = reloader.current()?.version ?? ''
    for (const { status, body } of answers.filter((it) => !taken.includes(it))) {
      expect([status, body['code'], body['version']]).toEqual([412, 'verify.conflict', version])
    }
    expect(file()).toContain(`weight: ${11 + answers.findIndex((it) => it.status === 200)}`)
  })

  it('does the same thing once when it is sent twice under one key', async () => {
    const { ask, reloader } = await open()
    const yaml = starter.replace('weight: 90', 'weight: 33')
    const send = () =>
      ask('POST', '/v1/reloads', {
        type: 'application/yaml',
        body: yaml,
        headers: { 'idempotency-key': 'k' },
      })
    const first = await send()
    const version = reloader.current()?.version
    const second = await send()
    expect(first.status).toBe(200)
    expect(second.status).toBe(200)
    expect(reloader.current()?.version).toBe(version)
  })

  it('carries the caller’s trace into the reload', async () => {
    const { ask } = await open()
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` }
    const answer = await ask('PATCH', '/v1/settings', { type: patch, body: weight(2), headers })
    expect(answer.body).toMatchObject({ traceId })
  })

  it('refuses while the file holds what is not in force, and changes nothing', async () => {
    const { ask, file, path, reloader } = await open()
    writeFileSync(path, 'broken: [')
    const before = reloader.current()?.version
    const answer = await ask('PATCH', '/v1/settings', { type: patch, body: weight(3) })
    expect(answer).toMatchObject({ status: 409, body: { code: 'settings.file_changed' } })
    expect(file()).toBe('broken: [')
    expect(reloader.current()?.version).toBe(before)
  })

  it('takes the file itself, whatever it holds, like a save', async () => {
    const { ask, path, reloader } = await open()
    const edited = starter.replace('weight: 90', 'weight: 80')
    writeFileSync(path, edited)
    const answer = await ask('POST', '/v1/reloads', {
      type: 'application/yaml',
      body: edited,
      as: schemas.Receipt,
    })
    expect(answer.body).toMatchObject({ outcome: 'applied', file: { written: true } })
    expect(reloader.current()?.settings['routes']?.['chat']).toMatchObject({ targets: [{ weight: 80 }, {}] })
  })

  it('takes the change back when somebody edits the file meanwhile', async () => {
    const opened = await open()
    const { ask, file, path, reloader } = opened
    const before = reloader.current()
    const edited = starter.replace('# cheap', '# by hand')
    opened.during = () => {
      opened.during = () => undefined
      writeFileSync(path, edited)
    }
    const answer = await ask('PATCH', '/v1/settings', { type: patch, body: weight(4) })
    expect(answer).toMatchObject({ status: 409, body: { code: 'settings.file_changed' } })
    expect(file()).toBe(edited)
    expect(reloader.current()?.settings).toEqual(before?.settings)
  })

  it('takes the change back when the file cannot be written', async () => {
    const { ask, file, path, reloader } = await open()
    const before = reloader.current()
    // A folder where the new text would be laid out.
    mkdirSync(join(path, '..', `.changeover.yaml.${process.pid}.next`))
    const answer = await ask('PATCH', '/v1/settings', { type: patch, body: weight(5) })
    expect(answer).toMatchObject({ status: 503, body: { code: 'settings.write_back' } })
    expect(file()).toBe(starter)
    expect(reloader.current()?.settings).toEqual(before?.settings)
  })

  it('puts the file back when the version is taken back while it is observed', async () => {
    const { ask, file, reloader } = await open()
    const applied = await ask('PATCH', '/v1/settings', { type: patch, body: weight(6) })
    expect(file()).toContain('weight: 6')
    const id = String(applied.body['attempt'])
    const aborted = await ask('POST', `/v1/reloads/${id}/abort`, {
      body: { reason: 'worse' },
      as: schemas.Done,
    })
    expect(aborted.status).toBe(200)
    await vi.waitFor(() => expect(file()).toBe(starter))
    expect(reloader.current()?.settings['routes']?.['chat']).toMatchObject({ targets: [{ weight: 90 }, {}] })
    const twice = await ask('POST', `/v1/reloads/${id}/abort`)
    expect(twice).toMatchObject({ status: 409, body: { code: 'control.not_observed' } })
  })

  it('makes a version the baseline when it is promoted while it is observed', async () => {
    const { ask, reloader } = await open()
    const applied = await ask('PATCH', '/v1/settings', { type: patch, body: weight(6) })
    const id = String(applied.body['attempt'])
    const done = await ask('POST', `/v1/reloads/${id}/promote`, { as: schemas.Done })
    expect(done.body).toEqual({ done: true, version: applied.body['version'] })
    expect(reloader.status()).toMatchObject({ state: 'idle', baseline: { version: applied.body['version'] } })
    expect((await ask('POST', `/v1/reloads/${id}/promote`)).body['code']).toBe('control.not_observed')
    expect((await ask('POST', '/v1/reloads/rl_none/abort')).body['code']).toBe('control.not_found')
  })

  it('refuses with the place where to make it when the source is not ours', async () => {
    const { ask } = await open(starter, false)
    const answer = await ask('PATCH', '/v1/settings', { type: patch, body: weight(7) })
    expect(answer).toMatchObject({ status: 409, body: { code: 'settings.read_only' } })
    expect(answer.body['detail']).toContain('changeover.yaml')
  })

  it('refuses so too when the folder of the file lets nobody write, as a mounted one does', async () => {
    const { ask, path, reloader } = await open()
    const before = reloader.current()?.version
    rmSync(join(path, '..'), { recursive: true })
    const answer = await ask('PATCH', '/v1/settings', { type: patch, body: weight(7) })
    expect(answer.body['code']).toBe('settings.read_only')
    expect(reloader.current()?.version).toBe(before)
  })

  it('works off parallel changes one after the other, and loses none', async () => {
    const { ask, file } = await open()
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        ask('PATCH', '/v1/settings', { type: merge, body: { models: { [`m${i}`]: { provider: 'sim' } } } }),
      ),
    )
    expect(answers.map((it) => it.status)).toEqual([200, 200, 200, 200, 200, 200])
    for (let i = 0; i < 6; i++) expect(file()).toContain(`m${i}:`)
  })

  it('may be what mends a gateway that has no settings in force', async () => {
    const { ask, file, path } = await open(null)
    expect((await ask('GET', '/v1/settings')).status).toBe(503)
    writeFileSync(path, 'broken: [')
    const answer = await ask('POST', '/v1/reloads', { type: 'application/yaml', body: starter })
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'applied', file: { written: true } } })
    expect(file()).toBe(starter)
  })
})

describe('looking before a change', () => {
  it('plans whole settings and patches, and changes nothing', async () => {
    const { ask, file, reloader } = await open()
    const before = reloader.current()?.version
    const asPatch = await ask('POST', '/v1/plan', { type: patch, body: weight(50), as: Plan })
    expect(asPatch.body).toMatchObject({
      ok: true,
      from: before,
      problem: null,
      words: ['routes/chat targets 0 weight: 90 -> 50'],
    })
    const whole = {
      type: 'application/yaml',
      body: starter.replace('weight: 90', 'weight: 20'),
      as: Plan,
    }
    expect((await ask('POST', '/v1/plan', whole)).body).toMatchObject({ ok: true })
    expect((await ask('POST', '/v1/reloads?dryRun=true', whole)).body).toMatchObject({ ok: true })
    const dry = await ask('PATCH', '/v1/settings?dryRun=true', {
      type: patch,
      body: weight(9),
      as: Plan,
    })
    expect(dry.body).toMatchObject({ ok: true })
    expect(file()).toBe(starter)
    expect(reloader.current()?.version).toBe(before)
  })

  it('says why it would be refused', async () => {
    const { ask } = await open()
    const body = { routes: { explode: {} } }
    const answer = await ask('POST', '/v1/plan', { type: merge, body, as: Plan })
    expect(answer).toMatchObject({ status: 200, body: { ok: false, problem: { code: 'prepare.failed' } } })
  })
})

describe('applying a plan', () => {
  const plan = async (ask: AdminWorld['ask'], body: unknown, type = patch) =>
    (await ask('POST', '/v1/plan?replay=off', { type, body, as: Plan })).body as {
      id: string
      digest: string
    }

  it('offers what was planned, while what it was planned against is in force', async () => {
    const { ask, reloader, file } = await open()
    const [first, second, same] = [
      await plan(ask, weight(50)),
      await plan(ask, weight(60)),
      await plan(ask, weight(50)),
    ]
    expect([same.digest, second.digest === first.digest]).toEqual([first.digest, false])
    const applied = await ask('POST', `/v1/plans/${first.id}/apply`, { as: schemas.Receipt })
    expect(applied.body).toMatchObject({ outcome: 'applied', file: { written: true } })
    expect(file()).toContain('weight: 50')
    const kept = await ask('GET', `/v1/plans?attempt=${String(applied.body['attempt'])}`, { as: PlanPage })
    expect(kept.body).toMatchObject({ plans: [{ id: first.id, applied: applied.body['attempt'] }] })
    const late = await ask('POST', `/v1/plans/${second.id}/apply`)
    expect(late).toMatchObject({ status: 412, body: { code: 'plan.moved' } })
    expect(reloader.current()?.version).toBe(applied.body['version'])
  })

  it('is refused for what would be refused, and for what nobody has planned', async () => {
    const { ask } = await open()
    const { id, digest } = await plan(ask, { routes: { explode: {} } }, merge)
    expect(digest).toBe('')
    expect(await ask('POST', `/v1/plans/${id}/apply`)).toMatchObject({
      status: 409,
      body: { code: 'plan.not_kept' },
    })
    expect((await ask('GET', '/v1/plans/pl_none')).status).toBe(404)
    expect((await ask('POST', '/v1/plan?replay=often', { type: patch, body: weight(1) })).status).toBe(400)
  })
})

describe('going back', () => {
  it('restores the version before, in force and in the file', async () => {
    const { ask, file } = await open()
    await ask('PATCH', '/v1/settings', { type: patch, body: weight(50) })
    const answer = await ask('POST', '/v1/rollback', { body: { reason: 'worse' }, as: schemas.Receipt })
    expect(answer.body).toMatchObject({ outcome: 'applied', file: { written: true } })
    expect(answer.body['file']).not.toHaveProperty('kept')
    expect(file()).toBe(starter)
    const versions = await ask('GET', '/v1/versions?calls=true', { as: schemas.VersionPage })
    const [newest] = versions.body['versions'] as { restores: { version: string }; reason: string }[]
    expect(newest).toMatchObject({ restores: { version: expect.any(String) as string }, reason: 'worse' })
  })

  it('works with a broken file, and keeps what it held', async () => {
    const { ask, file, path } = await open()
    await ask('PATCH', '/v1/settings', { type: patch, body: weight(50) })
    writeFileSync(path, 'half written: [')
    const answer = await ask('POST', '/v1/rollback', { as: schemas.Receipt })
    const { kept } = answer.body['file'] as { kept: string }
    expect(readFileSync(join(path, '..', kept), 'utf8')).toBe('half written: [')
    expect(settingsText.read(Buffer.from(file()), path)).toEqual(
      settingsText.read(Buffer.from(starter), path),
    )
  })

  it('stays in force when the file cannot be written, and says so', async () => {
    const { ask, path, reloader } = await open()
    await ask('PATCH', '/v1/settings', { type: patch, body: weight(50) })
    mkdirSync(join(path, '..', `.changeover.yaml.${process.pid}.next`))
    const answer = await ask('POST', '/v1/rollback', { as: schemas.Receipt })
    expect(answer.body).toMatchObject({
      outcome: 'applied',
      file: { written: false, trouble: 'settings.write_back' },
    })
    expect(reloader.current()?.settings['routes']?.['chat']).toMatchObject({ targets: [{ weight: 90 }, {}] })
  })

  it('works where the settings come from elsewhere, and refuses what is not there', async () => {
    const { ask, path, reloader } = await open(starter, false)
    rmSync(path)
    const origin = { trigger: 'poll', source: 'x', mediaType: 'application/yaml' } as const
    await reloader.offer(Buffer.from(starter.replace('weight: 90', 'weight: 1')), origin)
    expect((await ask('POST', '/v1/rollback', { body: { to: '9.9' } })).status).toBe(404)
    const answer = await ask('POST', '/v1/rollback', { as: schemas.Receipt })
    expect(answer.body).toMatchObject({ outcome: 'applied' })
    expect(existsSync(path)).toBe(false)
  })
})

describe('looking back', () => {
  it('tells status, instances, versions, differences, audit and calls in the form that is described', async () => {
    const { ask, reloader } = await open()
    const first = reloader.current()?.version ?? ''
    await ask('PATCH', '/v1/settings', { type: patch, body: weight(50) })
    const status = await ask('GET', '/v1/status', { as: schemas.Status })
    expect(status.body).toMatchObject({ state: 'observing', last: { from: first, status: 'in_progress' } })
    expect((status.body['last'] as { stages: unknown[] }).stages.length).toBeGreaterThan(2)
    const instances = await ask('GET', '/v1/instances', { as: schemas.InstancePage })
    expect(instances.body['instances']).toHaveLength(1)
    const version = await ask('GET', `/v1/versions/${first}`, { as: schemas.VersionDetail })
    expect(version.body).toMatchObject({
      version: first,
      settings: { routes: {} },
      manifest: { apiVersion: 'reload/v1' },
    })
    const diff = await ask('GET', `/v1/versions/${first}/diff/current`, { as: schemas.VersionDiff })
    expect(diff.body).toMatchObject({ words: ['routes/chat targets 0 weight: 90 -> 50'] })
    const audit = await ask('GET', '/v1/audit?limit=5', { as: schemas.AuditPage })
    expect(audit.body['verified']).toBe(true)
    expect((await ask('GET', '/v1/versions/9.9')).status).toBe(404)
    expect((await ask('GET', '/v1/reloads/rl_none')).status).toBe(404)
    const page = await ask('GET', '/v1/calls?version=1.7&status=5xx&since=2026-01-01T00:00:00Z', {
      as: callSchemas.CallPage,
    })
    expect(page.body).toMatchObject({
      calls: [{ version: '1.7', startedAt: '2026-01-01T00:00:00.000Z' }],
      next: 'a',
    })
    expect((await ask('GET', '/v1/calls/call_1', { as: callSchemas.Call })).body['id']).toBe('call_1')
    expect((await ask('GET', '/v1/calls/call_2')).status).toBe(404)
    expect((await ask('GET', '/v1/calls?status=9')).status).toBe(400)
  })

  it('says where settings come from, and why a call went as it did', async () => {
    const { ask } = await open()
    const headers = { 'x-changeover-actor': 'ann' }
    const body = [{ op: 'replace', path: '/routes/chat/targets/0/weight', value: 50 }]
    await ask('PATCH', '/v1/settings?reason=less', { type: 'application/json-patch+json', body, headers })
    const origin = await ask('GET', '/v1/settings/origin?pointer=/routes/chat&limit=2', {
      as: causes.SettingsOrigin,
    })
    const [model, weight] = origin.body['values'] as unknown[]
    expect(origin.body).toMatchObject({ version: '1.2', pointer: '/routes/chat' })
    expect(origin.body['left']).toBeGreaterThan(5)
    expect(model).toMatchObject({ value: 'small', origin: { kind: 'file', change: { version: '1.1' } } })
    expect(weight).toMatchObject({
      value: 50,
      origin: {
        kind: 'api',
        place: { file: 'changeover.yaml', line: 6 },
        change: { version: '1.2', author: 'admin:claimed:ann', reason: 'less' },
      },
    })
    const story = await ask('GET', '/v1/calls/call_1/why', { as: causes.Why })
    expect(story.body).toMatchObject({
      call: { id: 'call_1' },
      version: { version: '1.1', kept: true },
      now: { version: '1.2', changes: [{ pointers: ['/routes/chat/targets/0/weight'] }] },
    })
    const unknown = await ask('GET', '/v1/calls/call_2/why')
    expect([unknown.status, unknown.body['code']]).toEqual([404, 'control.no_such_call'])
    for (const end of ['/why', '']) {
      const copy = await ask('GET', `/v1/calls/${encodeURIComponent(copyOfCall.id)}${end}`)
      expect([copy.status, copy.body['code']]).toEqual([404, 'control.call_was_copy'])
      expect(JSON.stringify(copy.body)).toContain('nobody was answered from it')
    }
    const unwritten = await ask('GET', '/v1/settings/origin?pointer=/calls/record', {
      as: causes.SettingsOrigin,
    })
    expect(unwritten.body['values']).toContainEqual(
      expect.objectContaining({ pointer: '/calls/record/keepDays', value: 30 }),
    )
    for (const [pointer, near] of [
      ['/routes/chatt/targets', '/routes/chat'],
      ['/limmits', '/limits'],
    ]) {
      const nowhere = await ask('GET', `/v1/settings/origin?pointer=${pointer}`)
      expect([nowhere.status, nowhere.body['code'], nowhere.body['detail']]).toEqual([
        404,
        'control.no_such_setting',
        `there is no setting at "${pointer}"; the nearest there is "${near}"`,
      ])
    }
    expect((await ask('GET', '/v1/blame?window=soon')).status).toBe(400)
  })

  it('lists refused attempts too, and each one by its id', async () => {
    const { ask } = await open()
    await ask('PATCH', '/v1/settings', { type: merge, body: { routes: { explode: {} } } })
    const page = await ask('GET', '/v1/reloads', { as: schemas.AttemptPage })
    const attempts = page.body['reloads'] as { attempt: string; status: string; reason: string }[]
    expect(attempts[0]).toMatchObject({ status: 'rejected', reason: 'prepare.failed' })
    const one = await ask('GET', `/v1/reloads/${attempts[0]?.attempt ?? ''}`, { as: schemas.Attempt })
    expect(one.body).toEqual(attempts[0])
  })

  it('streams the changes of state of all attempts as they happen, and those of one from its first', async () => {
    const opened = await open()
    await vi.waitFor(() => expect(opened.journal.lastOfNote()?.status).toBe('success'))
    const following = await opened.request('/v1/reloads/events')
    const patched = await opened.ask('PATCH', '/v1/settings', { type: patch, body: weight(50) })
    const id = String(patched.body['attempt'])
    const events = await readUntil(following, 'observing')
    expect(events.length).toBeGreaterThan(3)
    for (const it of events) schemas.ReloadEvent.parse(it)
    expect(new Set(events.map((it) => it.attempt))).toEqual(new Set([id]))
    expect(await readUntil(await opened.request(`/v1/reloads/${id}/events`), 'observing')).toEqual(events)
    const headers = { 'last-event-id': String(opened.journal.lastId - 1) }
    const resumed = await readUntil(await opened.request('/v1/reloads/events', { headers }), 'observing')
    expect(resumed).toHaveLength(1)
  })

  it('is still told when the call log cannot answer', async () => {
    const { ask } = await open()
    const down = vi.spyOn(calls, 'summarise').mockRejectedValue(new Error('down'))
    const list = vi.spyOn(calls, 'list').mockRejectedValue(new Error('down'))
    expect((await ask('GET', '/v1/status', { as: schemas.Status })).body['calls']).toEqual({
      applied: null,
      previous: null,
    })
    expect((await ask('GET', '/v1/versions?calls=true', { as: schemas.VersionPage })).status).toBe(200)
    expect(await ask('GET', '/v1/calls')).toMatchObject({
      status: 503,
      body: { code: 'control.call_log', retry: true },
    })
    down.mockRestore()
    list.mockRestore()
  })

  it('tells how an attempt ended that was no longer the last', async () => {
    const { ask } = await open()
    await ask('PATCH', '/v1/settings', { type: patch, body: weight(50) })
    await ask('PATCH', '/v1/settings', { type: patch, body: weight(51) })
    await vi.waitFor(async () => {
      const page = await ask('GET', '/v1/reloads', { as: schemas.AttemptPage })
      const statuses = (page.body['reloads'] as { status: string }[]).map((it) => it.status)
      expect(statuses).toEqual(['in_progress', 'superseded', 'success'])
    })
  })
})
