import { generateKeyPairSync } from 'node:crypto'
import { type Carry, systemClock } from '@changeover/reload'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openCatalogue } from '../catalogue/catalogue.ts'
import type { CompiledTarget } from '../contract/compiled.ts'
import { providerSpec } from '../providers/spec.ts'
import { modelSpec } from '../routing/spec.ts'
import { createSecrets, type Secrets } from '../settings/secrets.ts'
import { compileTargets } from './compile-targets.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const CREDENTIAL = `\${file:account.json}`

let tokens: FakeProvider
let api: FakeProvider
let file: string
let hidden: Set<string>
let secrets: Secrets
let kept: Map<string, { it: unknown; close: (it: never) => unknown }>

beforeEach(async () => {
  tokens = await startFakeProvider()
  api = await startFakeProvider()
  hidden = new Set()
  kept = new Map()
  file = accountOf('one@p.test')
  secrets = createSecrets({
    env: {},
    redactor: { add: (value) => hidden.add(value) },
    read: () => Promise.resolve(file),
  })
  await secrets.resolve([CREDENTIAL])
})

afterEach(async () => {
  await Promise.all(Array.from(kept.values(), ({ it, close }) => close(it as never)))
  await tokens.close()
  await api.close()
})

/** As Google gives it out, with line breaks. */
function accountOf(email: string): string {
  const account = {
    type: 'service_account',
    client_email: email,
    private_key: key,
    token_uri: `${tokens.origin}/token`,
  }
  return JSON.stringify(account, null, 2)
}

const carry: Carry = {
  keep<T>(name: string, create: () => T, close: (it: T) => unknown): T {
    const known = kept.get(name) ?? { it: create(), close }
    kept.set(name, known)
    return known.it as T
  },
}

function compile(connections = 1): CompiledTarget {
  const settings = {
    kind: 'vertex',
    baseUrl: `${api.origin}/v1/projects/p/locations/l`,
    credential: CREDENTIAL,
    connections,
  }
  const provider = providerSpec.parse(settings)
  const model = modelSpec.parse({ provider: 'vx' })
  const target = compileTargets({
    providers: new Map([['vx', provider]]),
    models: new Map([['gem', model]]),
    catalogue: openCatalogue({}, new Map()),
    secrets,
    carry,
    clock: systemClock,
  }).get('gem')
  if (target === undefined) throw new TypeError('no target')
  return target
}

/** Sends, and says with which token it came. */
async function send(target: CompiledTarget): Promise<string | undefined> {
  const before = api.requests.length
  const path = target.paths.gemini?.whole ?? ''
  const request = { method: 'POST', path, headers: target.headers(), body: Buffer.from('{}') } as const
  const ignore = () => undefined
  target.upstream.send(request, {
    onSent: ignore,
    onHead: ignore,
    onData: ignore,
    onEnd: ignore,
    onError: ignore,
  })
  await vi.waitFor(() => expect(api.requests.length).toBe(before + 1))
  return api.requests[before]?.headers.authorization
}

function give(token: string): void {
  const body = JSON.stringify({ access_token: token, expires_in: 3600, token_type: 'Bearer' })
  tokens.script({ kind: 'raw', headers: { 'content-type': 'application/json' }, chunks: [body] })
}

describe('a credential that is exchanged', () => {
  it('becomes a token on each request, one exchange for all of them', async () => {
    give('ya29.one')
    const target = compile()
    expect(await send(target)).toBe('Bearer ya29.one')
    expect(await send(target)).toBe('Bearer ya29.one')
    expect(api.requests[0]?.path).toBe(
      '/v1/projects/p/locations/l/publishers/google/models/gem:generateContent',
    )
    expect(tokens.requests).toHaveLength(1)
    expect(tokens.requests[0]?.body.toString()).toMatch(/^grant_type=urn.*&assertion=[\w.-]+$/)
  })

  it('keeps its token over a reload that changes something else', async () => {
    give('ya29.one')
    expect(await send(compile(1))).toBe('Bearer ya29.one')
    expect(await send(compile(2))).toBe('Bearer ya29.one')
    expect(tokens.requests).toHaveLength(1)
  })

  it('that is rotated takes its token with it', async () => {
    give('ya29.one')
    const target = compile()
    await send(target)
    file = accountOf('two@p.test')
    await secrets.refresh()
    give('ya29.two')
    expect(await send(target)).toBe('Bearer ya29.two')
  })

  it('is hidden, whole and in its parts, and so are its tokens', async () => {
    give('ya29.one')
    await send(compile())
    expect(hidden).toContain(key)
    expect(hidden).toContain('ya29.one')
    expect(hidden).toContain(JSON.stringify(JSON.parse(file)))
  })
})
