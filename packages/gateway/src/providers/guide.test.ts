import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { providers } from './list.ts'

const guide = readFileSync(join(import.meta.dirname, '../../../../docs/guide/providers.md'), 'utf8')

describe('the guide', () => {
  it.each(Object.values(providers))(
    'has a line for $kind, with its address and the name of its key',
    (it) => {
      const line = guide.split('\n').find((text) => text.startsWith(`| \`${it.kind}\` |`)) ?? ''
      const address = it.kind === 'simulated' ? null : it.defaultBaseUrl

      expect(line).toContain(address === null ? '| – |' : `| \`${address}\` |`)
      expect(line).toContain(it.credentialEnv === null ? '| – |' : `| \`${it.credentialEnv}\` |`)
    },
  )
})
