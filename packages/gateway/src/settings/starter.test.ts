import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkSettings } from './check.ts'
import { readSettingsText } from './reader.ts'
import { SECTIONS } from './schema.ts'
import { starterSettings } from './starter.ts'
import { starterProviders } from './starter-providers.ts'

const shipped = JSON.parse(
  readFileSync(join(import.meta.dirname, '../catalogue/shipped.json'), 'utf8'),
) as Record<string, unknown>

describe('the first settings', () => {
  it.each([...starterProviders])('use $kind when $env is there, by reference', ({ kind, env, fast }) => {
    const text = starterSettings({ [env]: 'sk-very-secret' })

    expect(text).toContain(`  ${kind}:\n    kind: ${kind}\n    credential: \${env:${env}}`)
    expect(text).toContain(`model: ${fast}`)
    expect(text).not.toContain('sk-very-secret')
    expect(checkSettings(readSettingsText(text, 'changeover.yaml').tree, SECTIONS)).toEqual([])
  })

  it('use all providers whose keys are there', () => {
    const env = Object.fromEntries(starterProviders.map((it) => [it.env, 'sk']))
    for (const { kind } of starterProviders) expect(starterSettings(env)).toContain(`kind: ${kind}`)
  })

  it.each(starterProviders.filter((it) => it.kind !== 'perplexity'))(
    'name models of $kind that there are',
    ({ kind, fast, careful }) => {
      expect(Object.keys(shipped)).toEqual(expect.arrayContaining([`${kind}/${fast}`, `${kind}/${careful}`]))
    },
  )
})
