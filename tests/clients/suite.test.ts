/** Every official client, against every family of providers behind the gateway. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../journeys/rig/until.ts'
import { clients } from './adapters/list.ts'
import type { OfficialClient } from './official-client.ts'
import { FAMILIES, KEY, type Rig, startRig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
}, 60_000)
afterAll(async () => await rig[Symbol.asyncDispose]())

function whyNoEmbeddings(client: OfficialClient, family: (typeof FAMILIES)[number]): string | null {
  if (!client.embeds) return `${client.name} has no embeddings`
  if (!family.embeds) return `${family.name} has no embeddings of the formats that there are here`
  // Those of OpenAI and Gemini have none, and what a provider says is passed on as it is.
  const wantsId = client.name === '@mistralai/mistralai' && family.name !== 'mistral'
  return wantsId ? `${client.name} wants embeddings to have an id` : null
}

const where = (retries = 0, key = KEY) => ({ origin: rig.gateway.dataUrl, key, retries })

describe.each(clients.map((it) => [it.name, it] as const))('%s', (_, client) => {
  describe.each(FAMILIES.map((it) => [it.name, it] as const))('to %s', (_family, family) => {
    const model = `${family.name}-route`

    it('asks and is answered', async () => {
      expect(await client.open(where()).plain(model, 'hello')).toBe('You said: hello')
    })

    it('reads a stream', async () => {
      const pieces: string[] = []
      for await (const piece of client.open(where()).stream(model, 'one two three four')) pieces.push(piece)
      expect(pieces.join('')).toBe('You said: one two three four')
      expect(pieces.filter((it) => it !== '').length).toBeGreaterThan(1)
    })

    it('lets several tools be called, and hands back what they said', async () => {
      const round = await client.open(where()).tools(model, 'use get_weather and get_time')
      expect(round.called).toEqual([
        { name: 'get_weather', arguments: { city: 'Rome' } },
        { name: 'get_time', arguments: { city: 'Rome' } },
      ])
      expect(round.answer).toMatch(/The tools said: .*sunny.* \| .*noon/)
    })

    it('gets the structure that it asks for', async () => {
      expect(await client.open(where()).structured(model, 'plan a trip')).toEqual({ city: 'text', days: 1 })
    })

    it('shows a picture', async () => {
      expect(await client.open(where()).image(model, 'what is this?')).toBe('I see 1 picture.')
    })

    it('embeds texts', async (context) => {
      const reason = whyNoEmbeddings(client, family)
      if (reason !== null) return context.skip(reason)
      const vectors = await client.open(where()).embed?.(model, ['one', 'two'])
      expect(vectors).toHaveLength(2)
      expect(vectors?.[0]?.length).toBeGreaterThan(1)
      expect(vectors?.[0]).not.toEqual(vectors?.[1])
    })

    it.each([400, 429, 500, 503])('throws what it throws for a provider that answers %d', async (status) => {
      rig.provider.script({ kind: 'refuse', status })
      const thrown = await client
        .open(where())
        .plain(model, 'hello')
        .catch((error: unknown) => error)
      expect(thrown).toBeInstanceOf(client.errorClass(status))
    })

    it('leaves, and the provider is left as well', async () => {
      rig.provider.script({ kind: 'endless' })
      const leave = new AbortController()
      const before = rig.provider.requests.length
      const read = async (): Promise<void> => {
        for await (const piece of client.open(where()).stream(model, 'go on', leave.signal)) {
          if (piece !== '') leave.abort()
        }
      }
      await read().catch(() => undefined)
      await until(() => rig.provider.requests[before]?.left === true, { what: 'the provider being left' })
    })

    it('tries again by itself when the provider fails once', async () => {
      rig.provider.script({ kind: 'refuse', status: 503, headers: { 'retry-after': '0' } })
      expect(await client.open(where(2)).plain(model, 'hello')).toBe('You said: hello')
    })
  })

  it('throws what it throws for a key that nobody knows', async () => {
    const thrown = await client
      .open(where(0, 'nobody'))
      .plain('openai-route', 'hello')
      .catch((it: unknown) => it)
    expect(thrown).toBeInstanceOf(client.errorClass(401))
  })

  it('throws what it throws for a model that nobody has', async () => {
    const thrown = await client
      .open(where())
      .plain('nothing', 'hello')
      .catch((it: unknown) => it)
    expect(thrown).toBeInstanceOf(client.errorClass(404))
  })
})
