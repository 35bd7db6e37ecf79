/** What is refused in the settings of routes, and where the finger points. */
import type { SettingsTree } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { checkSettings } from '../settings/check.ts'
import { checkRouteReferences } from './check-routes.ts'

const models = { a: { provider: 'p' }, safe: { provider: 'p', sensitive: true, region: 'eu' } }
const told = (routes: SettingsTree[string]) =>
  checkRouteReferences({ models, routes }).map((it) => [it.pointer, it.message, it.hint])
const plain = { targets: [{ model: 'a' }] }

describe('a route', () => {
  it('that names nothing but what there is passes', () => {
    const rules = [
      { when: 'stream', route: 'other' },
      { when: 'stream', targets: [{ model: 'safe' }] },
    ]
    expect(
      told({
        chat: { ...plain, aliases: ['gpt'], rules, require: { regions: ['eu'] }, fallback: ['safe'] },
        other: plain,
      }),
    ).toEqual([])
  })

  it.each([
    [{ ...plain, fallbackFor: { auth: ['b'] } }, '/routes/chat/fallbackFor/auth/0'],
    [{ ...plain, mirror: { model: 'b' } }, '/routes/chat/mirror/model'],
    [
      { ...plain, rules: [{ when: 'stream', targets: [{ model: 'b' }] }] },
      '/routes/chat/rules/0/targets/0/model',
    ],
    [{ ...plain, rules: [{ when: 'stream', route: 'chatt' }] }, '/routes/chat/rules/0/route'],
  ])('is told of each place that points nowhere', (route, pointer) => {
    expect(told({ chat: route }).map(([at]) => at)).toEqual([pointer])
  })

  it('cannot hand over in a circle, not to itself either', () => {
    const to = (route: string) => ({ ...plain, rules: [{ when: 'stream', route }] })
    expect(told({ chat: to('other'), other: to('third'), third: to('chat') }).map(([at]) => at)).toEqual([
      '/routes/chat/rules/0/route',
      '/routes/other/rules/0/route',
      '/routes/third/rules/0/route',
    ])
    expect(told({ chat: to('chat') })).toHaveLength(1)
  })

  it('cannot have an alias that another route has as its name or alias', () => {
    const routes = { chat: { ...plain, aliases: ['other', 'x'] }, other: { ...plain, aliases: ['x'] } }
    expect(told(routes).map(([at, message]) => [at, message])).toEqual([
      ['/routes/chat/aliases/0', expect.stringContaining('/routes/other has this one')],
      ['/routes/other/aliases/0', expect.stringContaining('/routes/chat/aliases/1 has this one')],
    ])
  })

  it('cannot require what none of its targets is', () => {
    const issues = told({
      chat: { ...plain, require: { sensitive: true } },
      ruled: {
        ...plain,
        require: { regions: ['eu'] },
        fallback: ['safe'],
        rules: [{ when: 'stream', require: { regions: ['us'] } }],
      },
    })
    expect(issues.map(([at]) => at)).toEqual(['/routes/chat/require', '/routes/ruled/rules/0/require'])
  })
})

describe('the settings of a route', () => {
  const issuesOf = (route: object) => checkSettings({ routes: { chat: { ...plain, ...route } } }, ['routes'])

  it('tell the line and column of a mistake in a condition', () => {
    const [issue] = issuesOf({ rules: [{ when: 'stream &&\n  tokns > 3', targets: [{ model: 'a' }] }] })
    expect(issue).toMatchObject({ pointer: '/routes/chat/rules/0/when' })
    expect(issue?.message).toContain('2:3 there is no "tokns"; did you mean "tokens"?')
  })

  it.each([
    [{ rules: [{ when: 'stream', route: 'x', strategy: 'cost' }] }, '/routes/chat/rules/0/strategy'],
    [{ hedge: {} }, '/routes/chat/hedge'],
    [{ strategy: 'fastest' }, '/routes/chat/strategy'],
    [{ sticky: { otherwise: 'sticky' } }, '/routes/chat/sticky/otherwise'],
    [{ concurrency: { max: 0 } }, '/routes/chat/concurrency/max'],
    [{ fallbackFor: { sad: ['a'] } }, '/routes/chat/fallbackFor/sad'],
  ])('are refused where they say nothing that can be done: %j', (route, pointer) => {
    expect(issuesOf(route).map((it) => it.pointer)).toEqual([pointer])
  })
})
