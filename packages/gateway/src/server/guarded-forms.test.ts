/** Answers behind guards keep the form in which they came, but for what is masked. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { guardsOf } from '../guardrails/test-guards.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

let provider: FakeProvider
let gateway: TestGateway

beforeEach(async () => {
  provider = await startFakeProvider()
  const guards = guardsOf([{ kind: 'pii', action: 'mask', on: 'output' }])
  const target = testTarget('a', { upstream: openUpstream(provider.origin) })
  gateway = await TestGateway.start({ routes: [testRoute('a', [target])], guards: { of: () => guards } })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

async function ask(stream: boolean): Promise<string> {
  const body = { model: 'a', messages: [{ role: 'user', content: 'hi' }], functions: [{ name: 'f' }], stream }
  const sent = { method: 'POST', body: JSON.stringify(body) }
  return await (await fetch(`${gateway.origin}/v1/chat/completions`, sent)).text()
}

function whole(body: object): void {
  const headers = { 'content-type': 'application/json' }
  provider.script({ kind: 'raw', headers, chunks: [JSON.stringify(body)] })
}

function streamed(deltas: readonly object[], finish: string): void {
  const headers = { 'content-type': 'text/event-stream' }
  const said = [...deltas, {}].map((delta, i) => {
    const finish_reason = i === deltas.length ? finish : null
    return `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason }] })}\n\n`
  })
  provider.script({ kind: 'raw', headers, chunks: [...said, 'data: [DONE]\n\n'] })
}

/** The choices of a stream as they came, with their deltas together under the names of their fields. */
function choicesIn(
  text: string,
): readonly { delta: Record<string, unknown>; finish_reason: string | null }[] {
  return text
    .split('\n\n')
    .filter((it) => it.startsWith('data: {'))
    .flatMap((it) => JSON.parse(it.slice('data: '.length)).choices)
}

describe('a call of a function, in the first form', () => {
  const args = '{"to":"ann@example.com"}'
  const masked = '{"to":"[EMAIL_1]"}'

  it.each(['function_call', 'stop'])('is streamed in that form, also where it ends with %s', async (end) => {
    const pieces = (args.match(/.{1,3}/g) ?? []).map((it) => ({ function_call: { arguments: it } }))
    streamed([{ function_call: { name: 'f', arguments: '' } }, ...pieces], end)
    const choices = choicesIn(await ask(true))
    const calls = choices.flatMap((it) => (it.delta['function_call'] ?? []) as { arguments?: string })

    expect(calls[0]).toMatchObject({ name: 'f' })
    expect(calls.map((it) => it.arguments ?? '').join('')).toBe(masked)
    expect(choices.some((it) => 'tool_calls' in it.delta)).toBe(false)
    expect(choices.at(-1)?.finish_reason).toBe(end)
  })

  it('stays so in a whole answer in which something is masked', async () => {
    const message = { role: 'assistant', content: null, function_call: { name: 'f', arguments: args } }
    whole({ id: 'c', choices: [{ index: 0, message, finish_reason: 'function_call' }] })
    const { message: said, ...choice } = JSON.parse(await ask(false)).choices[0]

    expect(said).toEqual({
      role: 'assistant',
      content: null,
      refusal: null,
      function_call: { name: 'f', arguments: masked },
    })
    expect(choice.finish_reason).toBe('function_call')
  })
})

describe('the address of a source', () => {
  const of = (url: string) => [
    { type: 'url_citation', url_citation: { url, title: 'A page', start_index: 0, end_index: 4 } },
  ]
  const MAIL = 'https://shop.example/order?by=ann@example.com'
  const ESCAPED = 'https://shop.example/order%20list?by=ann%40example.com&n=1'

  it('is masked in a whole answer by the same rules as texts', async () => {
    const message = { role: 'assistant', content: 'Here', annotations: [...of(MAIL), ...of(ESCAPED)] }
    whole({ id: 'c', choices: [{ index: 0, message, finish_reason: 'stop' }] })
    const { annotations } = JSON.parse(await ask(false)).choices[0].message

    expect(annotations).toEqual([
      ...of('https://shop.example/order?by=[EMAIL_1]'),
      ...of('https://shop.example/order%20list?by=[EMAIL_1]&n=1'),
    ])
  })

  it('is masked in a stream', async () => {
    streamed([{ content: 'Here' }, { annotations: of(MAIL) }], 'stop')
    const choices = choicesIn(await ask(true))
    expect(choices.flatMap((it) => it.delta['annotations'] ?? [])).toEqual(
      of('https://shop.example/order?by=[EMAIL_1]'),
    )
  })

  it('is left as it was where nothing is found in it', async () => {
    const url = 'https://shop.example/caf%C3%A9?a=%5Bx%5D&b=1%2F2'
    streamed([{ content: 'Here' }, { annotations: of(url) }], 'stop')
    const choices = choicesIn(await ask(true))
    expect(choices.flatMap((it) => it.delta['annotations'] ?? [])).toEqual(of(url))
  })
})
