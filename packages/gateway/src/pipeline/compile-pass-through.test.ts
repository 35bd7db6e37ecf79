import { type Carry, systemClock } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { openCatalogue } from '../catalogue/catalogue.ts'
import { type ProviderSpec, providerSpec } from '../providers/spec.ts'
import { createSecrets } from '../settings/secrets.ts'
import { compilePassThrough } from './compile-pass-through.ts'

const kept = new Map<string, unknown>()
/** Keeps what was kept, like the engine's. */
const carry: Carry = {
  keep<T>(key: string, create: () => T): T {
    if (!kept.has(key)) kept.set(key, create())
    return kept.get(key) as T
  },
}

function compile(providers: ReadonlyMap<string, ProviderSpec>) {
  return compilePassThrough({
    providers,
    models: new Map(),
    catalogue: openCatalogue({}, new Map()),
    secrets: createSecrets({ env: {}, redactor: { add: () => undefined } }),
    carry,
    clock: systemClock,
  })
}

const open = providerSpec.parse({
  kind: 'openai-compatible',
  baseUrl: 'http://127.0.0.1:1/v2',
  passThrough: true,
})
const closed = providerSpec.parse({ kind: 'openai' })

describe('raw pass-through', () => {
  it('is off unless a provider’s settings say otherwise', () => {
    expect([...compile(new Map([['closed', closed]])).keys()]).toEqual([])
    expect([
      ...compile(
        new Map([
          ['open', open],
          ['closed', closed],
        ]),
      ).keys(),
    ]).toEqual(['providers/open'])
  })

  it('goes to the provider alone, below its address, and once', () => {
    const route = compile(new Map([['open', open]])).get('providers/open')
    expect(route).toMatchObject({ name: 'providers/open', attempts: 1, fallback: [], context: null })
    expect(route?.targets[0]?.target).toMatchObject({ name: 'open/*', providerName: 'open', basePath: '/v2' })
  })
})
