/** Settings may not reach what every object of the language inherits, whatever they call their sections and entries. */
import { isReloadError } from '@changeover/reload'
import { afterEach, describe, expect, it } from 'vitest'
import { settingsText } from './edit.ts'
import { directoryText } from './edit-directory.ts'
import { settingsReader } from './reader.ts'

const read = settingsReader()

/** Functions that sections of these names would be, and something that a test may write onto them unnoticed by others. */
const INHERITED = ['toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf', 'constructor'] as const
const inherited = (name: string): object => Object.prototype[name as 'toString']

afterEach(() => {
  for (const it of INHERITED) Reflect.deleteProperty(inherited(it), 'planted')
})

/** The names of the sections; codes of what was wrong where they could not be read. */
async function sectionsOf(text: string, source: string): Promise<readonly string[]> {
  try {
    return Object.keys((await read(Buffer.from(text), { trigger: 'file', source }, null)).settings)
  } catch (error) {
    if (isReloadError(error)) return error.issues.map((it) => it.code)
    throw error
  }
}

describe('a section that is called like something that every object inherits', () => {
  it.each(
    INHERITED.flatMap((name) => [
      [name, 'a.yaml', `models:\n  m: { provider: p }\n${name}:\n  planted: { yes: 1 }\n`],
      [name, 'a.json', JSON.stringify({ [name]: { planted: { yes: 1 } } })],
      [name, 'a.toml', `[${name}.planted]\nyes = 1\n`],
    ]),
  )('is one as any other, for the schema to refuse: %s in %s', async (name, source, text) => {
    const found = await sectionsOf(text, source)
    expect(found.includes(name) || found.some((it) => it === 'settings.syntax')).toBe(true)
    expect(Object.hasOwn(inherited(name), 'planted')).toBe(false)
  })

  it.each([
    ['a.yaml', 'models:\n  __proto__: { planted: 1 }\n'],
    ['a.yaml', '__proto__:\n  planted: { a: 1 }\n'],
    ['a.json', '{"models":{"__proto__":{"planted":1}}}'],
    ['a.json', '{"__proto__":{"planted":{"a":1}}}'],
    ['a.toml', '[models.__proto__]\nplanted = 1\n'],
    ['a.toml', '[__proto__.planted]\na = 1\n'],
  ])('is not passed over when it is the prototype itself: %s, %s', async (source, text) => {
    expect(await sectionsOf(text, source)).toContain('settings.syntax')
    expect('planted' in {}).toBe(false)
  })
})

describe('an entry that is called like something that every object inherits', () => {
  const one = { tenants: { acme: {} } }
  const both = { tenants: { acme: {}, valueOf: {} } }
  const comes = { op: 'add', pointer: '/tenants/valueOf', after: {} } as const
  const goes = { op: 'remove', pointer: '/tenants/valueOf' } as const

  it.each(['a.yaml', 'a.json'])('comes and goes in a file as any other: %s', (path) => {
    const added = settingsText.edit(settingsText.write(one, path), path, [comes])
    expect(settingsText.read(added, path)).toEqual(both)
    const removed = settingsText.edit(added, path, [goes])
    expect(settingsText.read(removed, path)).toEqual(one)
  })

  it('comes and goes in a directory as any other', () => {
    const added = directoryText.edit(directoryText.write(one), [comes])
    expect(directoryText.read(added)).toEqual(both)
    expect(directoryText.read(directoryText.edit(added, [goes]))).toEqual(one)
  })
})
