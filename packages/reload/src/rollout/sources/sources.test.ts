import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { readPrometheus } from './prometheus.ts'
import { readWebhook } from './webhook.ts'

const servers: Server[] = []
const compared = { rollout: 'ro', candidate: '1.8', baseline: '1.7' }

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const serveText = (text: string, status = 200): Promise<string> =>
  serve((_, reply) => void reply.writeHead(status).end(text))

afterEach(() => {
  for (const it of servers.splice(0)) {
    it.closeAllConnections()
    it.close()
  }
})

describe('a webhook', () => {
  it('is told what is compared, and its two numbers are read', async () => {
    let told = ''
    const url = await serve((request, reply) => {
      request.on('data', (it: Buffer) => (told += it.toString()))
      request.on('end', () =>
        reply.end('{"candidate":{"value":0.02,"samples":800},"baseline":{"value":0.01}}'),
      )
    })
    expect(await readWebhook(url, compared)).toEqual({
      candidate: 0.02,
      baseline: 0.01,
      candidateSamples: 800,
      baselineSamples: null,
    })
    expect(JSON.parse(told)).toEqual(compared)
  })

  it('that answers for the baseline only gives no number for the candidate', async () => {
    const url = await serveText('{"baseline":{"value":1,"samples":5}}')
    expect(await readWebhook(url, compared)).toMatchObject({ candidate: null, baseline: 1 })
  })

  it.each([
    ['an error', '{"candidate":{"value":1},"baseline":{"value":1}}', 500],
    ['nothing', '', 200],
    ['no JSON', '<html>', 200],
    ['another form', '[1,2]', 200],
    ['words for numbers', '{"candidate":{"value":"1"},"baseline":{"value":"NaN"}}', 200],
    ['more than is read', `{"candidate":{"value":1},"pad":"${'x'.repeat(70_000)}"}`, 200],
  ])('that answers with %s is no reading', async (_, text, status) => {
    expect(await readWebhook(await serveText(text, status), compared)).toBeNull()
  })

  it('that never answers, or is not there, is no reading', async () => {
    const silent = await serve(() => undefined)
    expect(await readWebhook(silent, compared, { deadlineMs: 50 })).toBeNull()
    const gone = await serveText('')
    servers.splice(0).forEach((it) => it.close())
    expect(await readWebhook(gone, compared)).toBeNull()
  })

  it('is not followed to another place', async () => {
    const url = await serve((_, reply) => void reply.writeHead(302, { location: '/else' }).end())
    expect(await readWebhook(url, compared)).toBeNull()
  })
})

describe('Prometheus', () => {
  const vector = (...values: readonly string[]): string =>
    JSON.stringify({
      status: 'success',
      data: { resultType: 'vector', result: values.map((it) => ({ metric: {}, value: [1, it] })) },
    })

  /** Answers each query by what `answer` makes of its text. */
  const prometheus = (answer: (query: string) => string): Promise<string> =>
    serve((request, reply) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? ''
      reply.end(answer(query))
    })

  it('is asked once for each side, with its version in the query', async () => {
    const url = await prometheus((it) =>
      vector(it === 'rate{v="1.8"}' ? '0.5' : it === 'n{v="1.8"}' ? '70' : '4'),
    )
    const queries = { url, value: 'rate{v="${version}"}', samples: 'n{v="${version}"}' }
    expect(await readPrometheus(queries, compared)).toEqual({
      candidate: 0.5,
      baseline: 4,
      candidateSamples: 70,
      baselineSamples: 4,
    })
  })

  it('keeps a version inside its string', async () => {
    const seen: string[] = []
    const url = await prometheus((it) => {
      seen.push(it)
      return vector('1')
    })
    await readPrometheus({ url, value: 'x{v="${version}"}' }, { candidate: 'a"} or up{b="', baseline: 'b' })
    expect(seen.sort()).toEqual(['x{v="a\\"} or up{b=\\""}', 'x{v="b"}'])
  })

  it.each([
    ['no series', vector()],
    ['several series', vector('1', '2')],
    ['NaN', vector('NaN')],
    ['infinity', vector('+Inf')],
    ['an error', '{"status":"error","error":"x"}'],
    ['a range', '{"status":"success","data":{"resultType":"matrix","result":[[1,"2"]]}}'],
    ['nothing of use', '{"status":"success","data":null}'],
    ['null', 'null'],
  ])('that answers with %s is no reading', async (_, text) => {
    expect(await readPrometheus({ url: await serveText(text), value: 'x' }, compared)).toBeNull()
  })

  it('that has samples of neither side has none, and not an unknown number', async () => {
    const url = await prometheus((it) => (it === 'n' ? vector() : vector('1')))
    expect(await readPrometheus({ url, value: 'x', samples: 'n' }, compared)).toMatchObject({
      candidateSamples: 0,
    })
  })

  it('reads a scalar', async () => {
    const url = await serveText('{"status":"success","data":{"resultType":"scalar","result":[1,"3"]}}')
    expect(await readPrometheus({ url, value: 'x' }, compared)).toMatchObject({ candidate: 3, baseline: 3 })
  })
})
