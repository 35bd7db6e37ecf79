/** Resources that are not in the manifest: fetched, checked, kept, and found again. */
import { describe, expect, it } from 'vitest'
import type { ArtifactSource } from '../contract/participant.ts'
import { ENVELOPE_TYPE, type Resource } from '../contract/payload.ts'
import { createReloader } from '../create-reloader.ts'
import { digestOfText } from '../format/digest.ts'
import { byHand, readSealed, Toy } from './test-toy.ts'

const TEXT = '{"mark":7,"pool":"a"}'

/** A resource that stands behind an address. */
function behind(uri: string | null, text = TEXT): Resource {
  const size = Buffer.byteLength(text)
  const rest = {
    kind: 'models',
    name: 'main',
    mediaType: 'application/json',
    digest: digestOfText(text),
    size,
  }
  return uri === null ? rest : { ...rest, uri }
}

/** A source that answers each call with the next of these, the last one again and again; `null` never comes. */
function source(...answers: (string | Error | null)[]): ArtifactSource & { calls: string[] } {
  const calls: string[] = []
  return {
    calls,
    schemes: ['test'],
    fetch(uri) {
      calls.push(uri)
      const answer = answers[Math.min(calls.length, answers.length) - 1] ?? null
      if (answer === null) return new Promise(() => {})
      return answer instanceof Error
        ? Promise.reject(answer)
        : Promise.resolve(new TextEncoder().encode(answer))
    },
  }
}

async function withArtifact(toy: Toy, resource: Resource): ReturnType<Toy['seal']> {
  const { manifest } = readSealed(toy.sealed({ mark: 1 }).bytes)
  const routes = manifest.resources.filter((it) => it.kind === 'routes')
  const { bytes } = toy.sealed({ mark: 1 }, { resources: [resource, ...routes] })
  return toy.reloader.offer(bytes, { ...byHand, mediaType: ENVELOPE_TYPE })
}

describe('a resource behind an address', () => {
  it('is fetched, and said in a span without what may be secret in its address', async () => {
    const test = source(TEXT)
    const toy = new Toy({ artifactSources: [test] })
    const receipt = await toy.answer(withArtifact(toy, behind('test:models/main?signature=secret')))
    expect(receipt).toMatchObject({ outcome: 'applied' })
    expect(toy.reloader.current()?.parts.models.mark).toBe(7)
    expect(toy.telemetry.named('reload.fetch')).toMatchObject([
      {
        options: { kind: 'client' },
        attributes: {
          'url.full': 'test:models/main',
          'artifact.hash': digestOfText(TEXT),
          'reload.artifact.size': 21,
        },
        ended: 1,
      },
    ])
  })

  it('is kept, so that neither the next version nor the next start fetches it again', async () => {
    const test = source(TEXT)
    const toy = new Toy({ artifactSources: [test] })
    await toy.answer(withArtifact(toy, behind('test:a')))
    await toy.change({ mark: 2 })
    await toy.answer(withArtifact(toy, behind('test:b')))
    expect(test.calls).toEqual(['test:a'])
    const next = toy.crash({ artifactSources: [source(new Error('away'))] })
    expect(await next.reloader.start()).toBe('1.1')
    expect(next.reloader.current()?.parts.models.mark).toBe(7)
  })

  it('stays while a version of the line needs it, for which no manifest is read twice, also after a start', async () => {
    const limits = { bakeMs: 0 }
    let toy = new Toy({ artifactSources: [source(TEXT)], limits })
    await toy.answer(withArtifact(toy, behind('test:a')))
    const digest = toy.reloader.line()[0]?.digest
    await toy.change({ mark: 2 })
    for (const mark of [3, 5]) {
      const read: string[] = []
      const { readBlob } = toy.store
      toy.store.readBlob = (digest) => {
        read.push(digest)
        return readBlob(digest)
      }
      // What fails is swept with the next that is confirmed.
      await toy.change({ mark, models: 'check' }, { ...byHand, manual: true })
      const refused = (await toy.reloader.audit()).at(-1)?.digest ?? ''
      await toy.change({ mark: mark + 1 }, { ...byHand, manual: true })
      await toy.rest()
      expect(await readBlob(refused)).toBeNull()
      expect(await readBlob(digestOfText(TEXT))).not.toBeNull()
      // Once by the first sweep of a process that has not seen it sealed.
      expect(read.filter((it) => it === digest)).toHaveLength(mark === 3 ? 0 : 1)
      toy = toy.crash({ artifactSources: [source(new Error('away'))], limits })
      await toy.reloader.start()
    }
  })

  it('is tried again when it fails for the moment', async () => {
    const test = source(new Error('503'), new Error('503'), TEXT)
    const toy = new Toy({ artifactSources: [test] })
    const waiting = withArtifact(toy, behind('test:a'))
    await toy.advance(10_000)
    expect(await waiting).toMatchObject({ outcome: 'applied' })
    expect(test.calls).toHaveLength(3)
  })

  it('is given up after five attempts', async () => {
    const test = source(new Error('503'))
    const toy = new Toy({ artifactSources: [test] })
    const waiting = withArtifact(toy, behind('test:a'))
    await toy.advance(30_000)
    expect(await waiting).toMatchObject({
      code: 'fetch.failed',
      retry: true,
      message: 'resource "models/main" could not be fetched in 5 attempts; the running version stays',
      issues: [{ pointer: '/models/main' }],
    })
  })

  it('that cannot be kept does not come in, and may come again', async () => {
    const test = source(TEXT)
    const toy = new Toy({ artifactSources: [test] })
    let blobs = 0
    // The first is that of the manifest.
    toy.store.refuse = (it) => it === 'blob' && blobs++ > 0
    expect(await toy.answer(withArtifact(toy, behind('test:a')))).toMatchObject({
      code: 'store.failed',
      retry: true,
    })
    expect([toy.serving, toy.parts]).toEqual([null, []])
    toy.store.refuse = () => false
    expect(await toy.answer(withArtifact(toy, behind('test:a')))).toMatchObject({ outcome: 'applied' })
  })

  it('is given up at the deadline when nothing comes', async () => {
    const toy = new Toy({ artifactSources: [source(null)], limits: { fetchMs: 2_000 } })
    const waiting = withArtifact(toy, behind('test:a'))
    await toy.advance(2_000)
    expect(await waiting).toMatchObject({ code: 'fetch.failed' })
    expect(toy.clock.pending).toBe(0)
  })

  it('is refused for good when it is not what the manifest names', async () => {
    const test = source('{"mark":8,"pool":"a"}')
    const toy = new Toy({ artifactSources: [test] })
    const receipt = await toy.answer(withArtifact(toy, behind('test:a')))
    expect(receipt).toMatchObject({ code: 'verify.digest', issues: [{ pointer: '/models/main' }] })
    expect(test.calls).toHaveLength(1)
    expect(toy.reloader.status().quarantine).toMatchObject([{ version: '1.1', reason: 'verify.digest' }])
  })

  it('of a kind that nobody fetches, and one that is nowhere, are refused', async () => {
    const toy = new Toy()
    expect(await toy.answer(withArtifact(toy, behind('oci://registry/a')))).toMatchObject({
      code: 'fetch.scheme',
    })
    expect(await toy.answer(withArtifact(toy, behind(null)))).toMatchObject({ code: 'fetch.missing' })
  })

  it('need not travel when an earlier version brought it', async () => {
    const toy = new Toy()
    await toy.change({ mark: 7 })
    await toy.advance(1_000)
    await toy.change({ mark: 8 })
    const text = '{"mark":7,"pool":"a"}'
    expect(await toy.answer(withArtifact(toy, behind(null, text)))).toMatchObject({ outcome: 'applied' })
    expect(toy.reloader.current()?.parts.models.mark).toBe(7)
  })
})

describe('a binary artifact', () => {
  it('is read by who needs it, by its name', async () => {
    const weights = 'pretend these are weights'
    const reloader = createReloader<{ scorer: string }>({
      artifactSources: [source(weights)],
      participants: {
        scorer: {
          kinds: ['models'],
          async prepare({ artifacts }) {
            await expect(artifacts.read({ kind: 'models', name: 'other' })).rejects.toMatchObject({
              code: 'fetch.missing',
            })
            return new TextDecoder().decode(await artifacts.read({ kind: 'models', name: 'main' }))
          },
        },
      },
      scope: 'toy/one',
    })
    const toy = new Toy()
    const resource = { ...behind('test:scorer', weights), mediaType: 'application/octet-stream' }
    const { bytes } = toy.sealed({ mark: 1 }, { resources: [resource] })
    expect(await reloader.offer(bytes, { ...byHand, mediaType: ENVELOPE_TYPE })).toMatchObject({
      outcome: 'applied',
    })
    expect(reloader.current()?.parts.scorer).toBe(weights)
    await reloader.close({ drainMs: 0 })
  })
})
