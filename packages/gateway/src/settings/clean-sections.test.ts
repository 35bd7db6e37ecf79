import type { Issue, Json, SettingsTree } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { checkUnlessClean } from './clean-sections.ts'

const wrong = (pointer: string): Issue => ({ code: 'validate.reference', message: 'is not there', pointer })
const section = (it: Record<string, Json>): SettingsTree[string] => {
  for (const entry of Object.values(it)) Object.freeze(entry)
  return Object.freeze(it)
}
const ok = section({ a: { of: 'x' } })
const bad = section({ a: { of: 'y' } })

/** Says what is wrong with `routes` that name something else than `models` have. */
function counted() {
  let asked = 0
  const check = checkUnlessClean(['routes', 'models'], (tree) => {
    asked += 1
    return Object.entries(tree.routes ?? {}).flatMap(([name, it]) =>
      Object.hasOwn(tree.models ?? {}, (it as { of: string }).of) ? [] : [wrong(`/routes/${name}`)],
    )
  })
  return { check, asked: () => asked }
}

describe('a check of sections', () => {
  const models = section({ x: {} })

  it('is made once for those that stay the same, whatever else changes', () => {
    const { check, asked } = counted()
    expect(check({ routes: ok, models })).toEqual([])
    expect(check({ routes: ok, models, limits: bad })).toEqual([])
    expect(asked()).toBe(1)
  })

  it('is made again when one of them is another, comes or goes', () => {
    const { check } = counted()
    expect(check({ routes: ok, models })).toEqual([])
    expect(check({ routes: ok, models: section({ y: {} }) })).toHaveLength(1)
    expect(check({ routes: bad, models })).toHaveLength(1)
    expect(check({ routes: ok })).toHaveLength(1)
    expect(check({ models })).toEqual([])
    expect(check({ routes: bad, models })).toHaveLength(1)
  })

  it('tells what is wrong each time', () => {
    const { check } = counted()
    for (let i = 0; i < 2; i++) expect(check({ routes: bad, models })).toHaveLength(1)
  })

  it('is made each time where a section can still change', () => {
    const { check } = counted()
    const open = { a: { of: 'x' } }
    expect(check({ routes: open, models })).toEqual([])
    open.a.of = 'y'
    expect(check({ routes: open, models })).toHaveLength(1)
  })
})
