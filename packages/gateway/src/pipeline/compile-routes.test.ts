/** What routes compile to: what is shared, what is made again, and what is carried. */
import type { Carry } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { PLAIN_PLAN } from '../contract/routing.ts'
import { type RouteSpec, routeSpec } from '../routing/spec.ts'
import { testTarget } from '../server/test-gateway.ts'
import { compileRoutes } from './compile-routes.ts'

const targets = new Map(['a', 'b', 'c'].map((it) => [it, testTarget(it, { upstream: null as never })]))

class KeepingCarry implements Carry {
  readonly kept = new Map<string, unknown>()
  keep<T>(key: string, create: () => T): T {
    if (!this.kept.has(key)) this.kept.set(key, create())
    return this.kept.get(key) as T
  }
}

const carry = new KeepingCarry()
const spec = (it: object): RouteSpec => routeSpec.parse({ targets: [{ model: 'a' }], ...it })
const compile = (routes: Readonly<Record<string, RouteSpec>>) =>
  compileRoutes({
    routes: new Map(Object.entries(routes)),
    models: new Map(),
    contexts: new Map(),
    targets,
    caches: new Map(),
    carry,
  })

describe('a compiled route', () => {
  it('that does nothing but weigh, retry and time shares one empty plan with all such routes', () => {
    const routes = compile({
      x: spec({}),
      y: spec({ targets: [{ model: 'a' }, { model: 'b' }], fallback: ['c'] }),
    })
    expect(routes.get('x')?.plan).toBe(PLAIN_PLAN)
    expect(routes.get('y')?.plan).toBe(PLAIN_PLAN)
    expect(routes.get('a')?.plan).toBe(PLAIN_PLAN)
  })

  it('stays the same object while its settings and all that they name do', () => {
    const [careful, rest] = [
      spec({ targets: [{ model: 'b' }] }),
      spec({ concurrency: { max: 3 }, rules: [{ when: 'stream', route: 'careful' }] }),
    ]
    const one = compile({ chat: rest, careful })
    expect(compile({ chat: rest, careful }).get('chat')).toBe(one.get('chat'))
    const other = compile({ chat: rest, careful: spec({ targets: [{ model: 'c' }] }) })
    expect(other.get('chat')).not.toBe(one.get('chat'))
    expect(other.get('chat')?.plan.rules[0]?.route).toBe(other.get('careful'))
  })

  it('answers to its aliases, which go before models and never before routes', () => {
    const routes = compile({ chat: spec({ aliases: ['b', 'nick'] }), nick: spec({}) })
    expect(routes.get('b')).toBe(routes.get('chat'))
    expect(routes.get('nick')?.name).toBe('nick')
    expect(routes.get('c')?.name).toBe('c')
  })

  it('keeps what it counts under its name, whatever the numbers', () => {
    const numbers = { concurrency: { max: 1 }, ejection: {}, hedge: { afterMs: 5 }, mirror: { model: 'b' } }
    compile({ counted: spec(numbers) })
    const kept = [...carry.kept.keys()].filter((it) => it.endsWith(':counted')).sort()
    expect(kept).toEqual([
      'ejection:route:counted',
      'gate:route:counted',
      'hedge:route:counted',
      'mirror:route:counted',
    ])
    const before = kept.map((it) => carry.kept.get(it))
    compile({ counted: spec({ ...numbers, concurrency: { max: 9 } }) })
    expect(kept.map((it) => carry.kept.get(it))).toEqual(before)
  })

  it('has for each rule a route of its own with what the route has otherwise', () => {
    const rules = [
      { when: 'stream', targets: [{ model: 'b' }, { model: 'c', weight: 3 }], strategy: 'latency' },
      { when: 'sensitive', require: { sensitive: true, regions: ['eu'] } },
    ]
    const chat = compile({ chat: spec({ rules, fallback: ['c'], require: { regions: ['eu', 'us'] } }) }).get(
      'chat',
    )
    const [first, second] = chat?.plan.rules ?? []
    expect(first?.route).toMatchObject({
      name: 'chat',
      totalWeight: 4,
      plan: { strategy: { name: 'latency' } },
    })
    expect(first?.route.fallback).toEqual(chat?.fallback)
    expect(second?.route.plan.needs).toEqual({ sensitive: true, regions: ['eu'] })
    expect(second?.route.targets.map((it) => it.target)).toEqual(chat?.targets.map((it) => it.target))
    expect(second?.route.plan.rules).toEqual([])
  })

  it('says how it chooses, for the span of the swap', () => {
    const rules = [
      { when: 'tokens > 5', targets: [{ model: 'b' }] },
      { when: 'stream', route: 'plain' },
      { when: 'sensitive', require: { sensitive: true }, strategy: 'cost' },
    ]
    const routes = compile({ chat: spec({ strategy: 'latency', rules }), plain: spec({}) })
    expect(routes.get('plain')?.rule).toBe('plain: a=100%')
    expect(routes.get('chat')?.rule).toBe(
      'chat: a=100% by latency; when tokens > 5: b=100%; when stream: route plain; when sensitive: the same by cost, as required',
    )
  })
})
