import { type Receipt, ReloadError } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors.ts'
import { problemOf, problemOfReceipt } from './problem.ts'
import { Problem } from './schemas.ts'
import { sendProblem } from './send-problem.ts'

const answered = { attempt: 'rl_1', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' }

describe('a problem', () => {
  it('has the status and the text of its code, from either table', () => {
    const issues = [{ code: 'validate.setting', message: 'found 1, expected 2' }]
    const refused = new ReloadError('validate.refused', { version: '1.2', count: 1 }, { issues })
    expect(Problem.parse(problemOf(refused))).toMatchObject({ status: 422, code: 'validate.refused', issues })
    const missing = new GatewayError('control.not_found', { what: 'call "x"' })
    expect(problemOf(missing)).toMatchObject({ status: 404, detail: 'there is no call "x"', retry: false })
  })

  it('tells nothing of an error that has no code', () => {
    const body = problemOf(new Error('connect ECONNREFUSED 10.0.0.1, password hunter2'))
    expect(body).toMatchObject({ code: 'gateway.bug', status: 500 })
    expect(JSON.stringify(body)).not.toContain('hunter2')
  })

  it('is what becomes of a receipt that is a refusal, and of no other', () => {
    const superseded: Receipt = { ...answered, outcome: 'superseded', by: '1.9' }
    expect(problemOfReceipt(superseded)).toMatchObject({
      code: 'reload.superseded',
      status: 409,
      ...answered,
    })
    const unchanged = { ...answered, outcome: 'unchanged', version: '1.1' } as const
    const quarantined: Receipt = { ...unchanged, reason: 'quarantined' }
    expect(problemOfReceipt(quarantined)).toMatchObject({ code: 'reload.quarantined', version: '1.1' })
    expect(problemOfReceipt({ ...unchanged, reason: 'already_applied' })).toBeNull()
    const refused: Receipt = {
      ...answered,
      outcome: 'refused',
      status: 'rejected',
      code: 'storm.rate',
      message: 'too many reloads',
      issues: [],
      version: '1.1',
      retry: true,
    }
    const body = problemOfReceipt(refused)
    expect(body).toMatchObject({ code: 'storm.rate', status: 429, retry: true })
    expect(body).not.toHaveProperty('issues')
  })

  it('says with its headers what to do', () => {
    const unauthorised = sendProblem(problemOf(new GatewayError('control.unauthorised', {})))
    expect(unauthorised.headers.get('www-authenticate')).toContain('Bearer')
    const later = sendProblem(problemOf(new GatewayError('control.call_log', {})))
    expect(later.headers.get('retry-after')).toBe('5')
    expect(later.headers.get('content-type')).toBe('application/problem+json')
  })
})
