import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { z } from 'zod'
import type { GatewaySettings } from '../contract/settings.ts'
import { providers } from '../providers/list.ts'
import { checkSettings, entriesOf } from './check.ts'
import { readSettingsText } from './reader.ts'
import { settingRows, settingsJsonSchema, settingsReference } from './reference.ts'
import { SECTIONS, settingsSchema } from './schema.ts'
import { starterSettings } from './starter.ts'

const root = join(import.meta.dirname, '../../../..')

/** Without `readonly` and without `| undefined` of optional fields: two ways of writing the same. */
type Plain<T> = T extends (infer Item)[] | readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Plain<Exclude<T[K], undefined>> }
    : T

describe('the schema', () => {
  it('says the same as the contract', () => {
    expectTypeOf<Plain<z.input<typeof settingsSchema>>>().toEqualTypeOf<Plain<GatewaySettings>>()
  })

  it('knows the kinds of provider that are built in', () => {
    const row = settingRows().find((it) => it.pointer === '/providers/*/kind')
    expect(row?.type.split(', ').sort()).toEqual(Object.keys(providers).sort())
  })

  it('says of each setting what it is for, in one sentence, and that it is live', () => {
    const rows = settingRows()
    expect(rows.length).toBeGreaterThan(60)
    for (const row of rows) {
      expect(row.sentence, row.pointer).toMatch(/^[a-zA-Z"].{5,}[^.]$/)
      expect(row.reload, row.pointer).toBe('live')
    }
  })

  it('names the unit of each duration', () => {
    const durations = settingRows().filter((it) => it.pointer.endsWith('Ms'))
    expect(durations.map((it) => it.unit)).toEqual(durations.map(() => 'ms'))
  })

  it('describes every field that it takes', () => {
    const fields: string[] = []
    collectFields(settingsJsonSchema(), '', fields)
    expect(fields).toEqual([])
  })
})

/** Pointers of fields without a description. */
function collectFields(node: unknown, at: string, found: string[]): void {
  if (typeof node !== 'object' || node === null) return
  const { properties = {}, additionalProperties, items } = node as Record<string, Record<string, unknown>>
  for (const [name, child] of Object.entries(properties)) {
    if (typeof child === 'object' && child !== null && !('description' in child)) found.push(`${at}/${name}`)
    collectFields(child, `${at}/${name}`, found)
  }
  collectFields(additionalProperties, `${at}/*`, found)
  collectFields(items, `${at}/#`, found)
}

describe('what is generated', () => {
  it('is what stands in spec/settings.schema.json', () => {
    const committed = JSON.parse(readFileSync(join(root, 'spec/settings.schema.json'), 'utf8'))
    expect(committed, 'run npm run generate').toEqual(JSON.parse(JSON.stringify(settingsJsonSchema())))
  })

  it('is what stands in docs/reference/settings.md', () => {
    const committed = readFileSync(join(root, 'docs/reference/settings.md'), 'utf8')
    expect(committed === settingsReference(), 'run npm run generate').toBe(true)
  })

  it('is a JSON Schema that takes and refuses like we do', () => {
    const validate = new Ajv2020({ strict: false }).compile(settingsJsonSchema())
    const { tree } = readSettingsText(starterSettings({}), 'c.yaml')
    expect(validate(tree)).toBe(true)
    expect(validate({ routes: { chat: { targets: [{ model: 'a' }], targts: 1 } } })).toBe(false)
    expect(validate({ providers: { a: { kind: 'openai', credential: 'sk-literal' } } })).toBe(false)
    expect(validate({ contexts: { nameless: { prompt: 'x' } } })).toBe(false)
  })
})

describe('the first settings', () => {
  const environments: readonly Readonly<Record<string, string>>[] = [
    {},
    { OPENAI_API_KEY: 'k-open' },
    { ANTHROPIC_API_KEY: 'k-anth', MISTRAL_API_KEY: 'k-mist' },
    { GEMINI_API_KEY: 'k-gem' },
    { OPENAI_API_KEY: '' },
  ]
  for (const env of environments) {
    it(`pass with ${Object.keys(env).join(', ') || 'an empty environment'}`, () => {
      const text = starterSettings(env)
      expect(checkSettings(readSettingsText(text, 'changeover.yaml').tree, SECTIONS)).toEqual([])
      expect(text).not.toMatch(/k-(?:open|anth|mist|gem)/)
      expect(text.split('\n').length).toBeLessThan(60)
    })
  }

  it('use the keys that are there, and a simulated provider only without any', () => {
    const kinds = (env: Readonly<Record<string, string>>) =>
      Object.keys(readSettingsText(starterSettings(env), 'c.yaml').tree.providers ?? {})
    expect(kinds({})).toEqual(['simulated'])
    expect(kinds({ OPENAI_API_KEY: '' })).toEqual(['simulated'])
    expect(kinds({ OPENAI_API_KEY: 'a', GEMINI_API_KEY: 'b' })).toEqual(['openai', 'gemini'])
  })

  it('have a comment for every section', () => {
    const lines = starterSettings({}).split('\n')
    for (const [i, line] of lines.entries()) {
      if (/^\w+:/.test(line)) expect(lines[i - 1], line).toMatch(/^# /)
    }
  })
})

describe('entries', () => {
  const limit = Object.freeze({ requests: 1, perMs: 1000 })

  it('are checked once and keep their identity while they are frozen', async () => {
    const { limitSpec } = await import('../policy/spec.ts')
    const first = entriesOf({ limits: { a: limit } }, 'limits', limitSpec).get('a')
    expect(entriesOf({ limits: { b: limit } }, 'limits', limitSpec).get('b')).toBe(first)
  })

  it('that could still change are checked each time', async () => {
    const { limitSpec } = await import('../policy/spec.ts')
    const open: { requests: number; perMs: number } = { requests: 1, perMs: 1000 }
    expect(entriesOf({ limits: { a: open } }, 'limits', limitSpec).size).toBe(1)
    open.requests = -1
    expect(entriesOf({ limits: { a: open } }, 'limits', limitSpec).size).toBe(0)
  })

  it('under two sections are judged by each', () => {
    expect(checkSettings({ limits: { a: limit }, models: { a: limit } }, ['limits', 'models'])).toHaveLength(
      3,
    )
  })
})
