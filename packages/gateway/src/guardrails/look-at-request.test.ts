import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { answer, guardsOf, look, lookedAt } from './test-guards.ts'

const MAIL = 'ann@example.com'
const masking = guardsOf([{ kind: 'pii', action: 'mask', on: 'input' }])

describe('a request before its guards', () => {
  it.each([
    ['chat', { model: 'm', messages: [{ role: 'user', content: MAIL, name: MAIL }] }, 1],
    [
      'parts',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: MAIL },
              { type: 'image_url', image_url: { url: `data:x,${MAIL}` } },
            ],
          },
        ],
      },
      1,
    ],
    [
      'calls of tools',
      {
        messages: [
          {
            role: 'assistant',
            tool_calls: [{ id: MAIL, function: { name: 'f', arguments: `{"to":"${MAIL}"}` } }],
          },
        ],
      },
      1,
    ],
    ['answers of tools', { messages: [{ role: 'tool', tool_call_id: 'x', content: MAIL }] }, 1],
    [
      'responses',
      {
        instructions: MAIL,
        input: [
          { role: 'user', content: [{ type: 'input_text', text: MAIL }] },
          { type: 'function_call_output', call_id: 'c', output: MAIL },
        ],
      },
      3,
    ],
    [
      'messages',
      {
        system: [{ type: 'text', text: MAIL }],
        messages: [
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: MAIL }] }],
          },
          {
            role: 'assistant',
            content: [{ type: 'tool_use', id: 'i', name: 'n', input: { name: MAIL, id: MAIL } }],
          },
        ],
      },
      4,
    ],
    [
      'gemini',
      {
        systemInstruction: { parts: [{ text: MAIL }] },
        contents: [
          {
            parts: [
              { text: MAIL },
              { inlineData: { mimeType: 'x', data: MAIL } },
              { functionResponse: { name: 'f', response: { name: MAIL } } },
            ],
          },
        ],
      },
      3,
    ],
    ['embeddings', { input: [MAIL, 'other'] }, 1],
    ['variables of a prompt', { changeover: { variables: { who: MAIL } }, messages: [] }, 1],
  ])('has the texts of %s masked and nothing else', async (_, body, count) => {
    const { body: masked } = await lookedAt(masking, body)
    const [before, after] = [JSON.stringify(body), JSON.stringify(masked)]
    expect(after.split('[EMAIL_1]').length - 1).toBe(count)
    expect(after.replaceAll('[EMAIL_1]', MAIL)).toBe(before)
  })

  it('leaves a body without findings as it came, and who asks and how alone', async () => {
    expect((await lookedAt(masking, { user: MAIL, metadata: { m: MAIL }, messages: [] })).body).toBeNull()
  })

  it('uses no placeholder that the caller wrote himself', async () => {
    const looked = await lookedAt(masking, { prompt: `[EMAIL_1] is ${MAIL}` })
    expect(looked.body).toEqual({ prompt: '[EMAIL_1] is [EMAIL_2]' })
  })

  it('is blocked for its size, and for what it says, without saying what that was', async () => {
    const guards = guardsOf([
      { kind: 'maxSize', action: 'block', maxChars: 20 },
      { kind: 'secrets', action: 'block' },
    ])
    expect(await look(guards, { prompt: 'x'.repeat(21) })).toMatchObject({ blocked: 'house/maxSize' })
    const blocked = await look(guards, { prompt: 'AKIAIOSFODNN7EXAMPLE' })
    expect(JSON.stringify(blocked)).not.toContain('AKIA')
  })
})

interface Heard {
  readonly body: string
  readonly signature: string
}

describe('a webhook', () => {
  const opened: { close(): void }[] = []
  afterEach(() => {
    for (const it of opened.splice(0)) it.close()
  })

  async function serve(respond: (heard: Heard, response: ServerResponse) => void) {
    const heard: Heard[] = []
    const server = createServer((request: IncomingMessage, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString()
      })
      request.on('end', () => {
        const it = { body, signature: String(request.headers['x-changeover-signature']) }
        heard.push(it)
        respond(it, response)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    opened.push({
      close: () => {
        server.closeAllConnections()
        server.close()
      },
    })
    return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
  }
  const says = (it: object) => (_: Heard, response: ServerResponse) => void response.end(JSON.stringify(it))
  const asking = (url: string, more: object = {}) =>
    guardsOf([{ kind: 'webhook', action: 'block', url, timeoutMs: 5000, ...more }], { fetch })

  it('is asked by a signed request about what the guards before have left', async () => {
    const { heard, url } = await serve(says({ verdict: 'pass' }))
    const guards = guardsOf(
      [
        { kind: 'pii', action: 'mask' },
        { kind: 'webhook', action: 'block', url, signWith: '${env:KEY}', timeoutMs: 5000 },
      ],
      { fetch },
    )
    await lookedAt(guards, { prompt: `write to ${MAIL}` })
    const [{ body, signature } = { body: '', signature: '' }] = heard
    expect(JSON.parse(body)).toEqual({
      guard: 'house/webhook',
      direction: 'input',
      texts: ['write to [EMAIL_1]'],
    })
    const hex = createHmac('sha256', 'signing key').update(`1700000000.${body}`).digest('hex')
    expect(signature).toBe(`t=1700000000,v1=${hex}`)
  })

  it('blocks or masks what it finds, in requests and in answers', async () => {
    const { url } = await serve(
      says({ verdict: 'found', spans: [{ text: 0, start: 6, end: 9, label: 'NAME' }] }),
    )
    expect(await look(asking(url), { prompt: 'hello Ann' })).toMatchObject({ blocked: 'house/webhook' })
    const masks = asking(url, { action: 'mask' })
    expect((await lookedAt(masks, { prompt: 'hello Ann' })).body).toEqual({ prompt: 'hello [NAME_1]' })
    const told = await answer(masks, 'hello Ann, bye', [3])
    expect(told.texts.get('0 text')).toBe('hello [NAME_1], bye')
  })

  it.each([
    ['fails', (_: Heard, response: ServerResponse) => void response.writeHead(500).end('{}')],
    ['breaks off', (_: Heard, response: ServerResponse) => void response.destroy()],
    [
      'redirects',
      (_: Heard, response: ServerResponse) => void response.writeHead(302, { location: '/x' }).end(),
    ],
    ['says something else', says({ verdict: 'perhaps' })],
    ['says places that are none', says({ verdict: 'found', spans: [{ text: 3, start: 0, end: 1 }] })],
    ['hangs', () => undefined],
  ])('that %s lets pass or blocks, as is set', async (_, respond) => {
    const { url } = await serve(respond)
    const body = { prompt: 'hello' }
    const timeoutMs = respond.length === 0 ? 50 : 5000
    expect(await look(asking(url, { timeoutMs }), body)).toMatchObject({ blocked: 'house/webhook' })
    const open = await lookedAt(asking(url, { timeoutMs, failure: 'open' }), body)
    expect(open.findings).toEqual([{ guard: 'house/webhook', did: 'unsure', count: 1 }])
  })
})
