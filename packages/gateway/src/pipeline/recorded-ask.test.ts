/** What a record keeps of a request: what rules ask, bounded, and nothing of the prompt. */
import { describe, expect, it } from 'vitest'
import { NO_WISHES } from '../routing/caller-wishes.ts'
import { routeSpec } from '../routing/spec.ts'
import { bodyShapes } from '../wire/body-shapes.ts'
import { RequestBody } from '../wire/request-body.ts'
import { askedNamesOf, recordedAsk } from './recorded-ask.ts'
import { RequestFacts } from './request-facts.ts'

const targets = [{ model: 'small' }]
const route = (...conditions: string[]) =>
  routeSpec.parse({ targets, rules: conditions.map((when) => ({ when, targets })) })

function record(names: readonly string[], headers: Record<string, string>, body: object | null = null) {
  const askedNames = askedNamesOf([route(...names)])
  const head = { headers } as never
  const bytes = Buffer.from(JSON.stringify({ model: 'chat', ...body }))
  const asked =
    body === null
      ? null
      : new RequestFacts({
          head,
          body: new RequestBody(bytes, bodyShapes['openai-chat']),
          wishes: NO_WISHES,
          tenant: null,
          key: null,
        })
  return {
    asked,
    read: () =>
      recordedAsk(
        { askedNames },
        { head, wishes: NO_WISHES, asked, variables: undefined, claims: undefined },
      ),
  }
}

describe('what a record keeps of a request', () => {
  it('is nothing for a plain route', () => {
    expect(record([], { 'x-tier': 'gold' }).read()).toBeNull()
  })

  it('is the headers that a rule names, also those that were not there', () => {
    const rules = ['headers["x-tier"] == "gold"', 'has(headers["x-beta"])']
    expect(record(rules, { 'x-tier': 'gold', 'x-other': 'a' }).read()).toEqual({
      headers: { 'x-tier': 'gold', 'x-beta': null },
    })
  })

  it('is nothing of a long value', () => {
    expect(record(['headers["x-tier"] == "a"'], { 'x-tier': 'a'.repeat(129) }).read()).toEqual({
      headers: {},
    })
  })

  it('is nothing of a body that no rule looked into', () => {
    const { read } = record(['tokens > 5'], {}, { messages: [{ role: 'user', content: 'my secret' }] })
    expect(read()).toEqual({})
  })

  it('is what was worked out of the body, and no word of it', () => {
    const body = {
      metadata: { team: 'a' },
      max_tokens: 7,
      messages: [{ role: 'user', content: 'my secret' }],
    }
    const { asked, read } = record(['tokens > 5 && metadata.team == "a"'], {}, body)
    asked?.inputTokens()
    const hash = asked?.promptHash(64)
    expect(read()).toEqual({
      inputTokens: 4,
      maxOutputTokens: 7,
      modalities: ['text'],
      metadata: { team: 'a' },
      prompt: [64, hash],
    })
    expect(JSON.stringify(read())).not.toContain('secret')
  })

  it('is the wish of the caller, and the names of his variables without their values', () => {
    const wishes = { ...NO_WISHES, sensitive: true, region: 'eu' }
    const variables = { name: 'Ann', tone: 'kind' }
    const gateway = { askedNames: askedNamesOf([]) }
    expect(
      recordedAsk(gateway, { head: {} as never, wishes, asked: null, variables, claims: undefined }),
    ).toEqual({
      sensitive: true,
      region: 'eu',
      variables: ['name', 'tone'],
    })
  })

  it('never names a header that carries a credential', () => {
    const sticky = routeSpec.parse({ targets, sticky: { header: 'x-api-key' } })
    expect(askedNamesOf([sticky])).toEqual({ headers: [], metadata: [] })
  })

  it('is what the token of its caller said, also for a plain route', () => {
    const claims = { team: 'red', allow: ['chat'] }
    const gateway = { askedNames: askedNamesOf([]) }
    const input = { head: {} as never, wishes: NO_WISHES, asked: null, variables: undefined }
    expect(recordedAsk(gateway, { ...input, claims })).toEqual({ claims })
  })
})
