/** A provider that quotes our key in an answer it has begun, before a whole gateway. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readFlags } from './flags.ts'
import { type Running, run } from './run.ts'

const key = 'canary-of-our-provider-key'
const cwd = mkdtempSync(join(tmpdir(), 'changeover-quoted-'))
let provider: FakeProvider
let gateway: Running

beforeAll(async () => {
  provider = await startFakeProvider()
  const settings = {
    providers: {
      p: { kind: 'openai-compatible', baseUrl: `${provider.origin}/v1`, credential: '${env:PROVIDER_KEY}' },
    },
    // A target that fails is given a rest, and another one is asked then.
    models: { m: { provider: 'p' }, n: { provider: 'p' }, o: { provider: 'p' } },
  }
  writeFileSync(join(cwd, 'changeover.json'), JSON.stringify(settings))
  const answer = readFlags(['--port', '0', '--admin-port', '0', '--settings', 'changeover.json'])
  if (answer.kind !== 'run') throw new Error(answer.kind)
  const output = { write: () => true }
  const env = { PROVIDER_KEY: key }
  gateway = await run({ flags: answer.flags, cwd, env, stdout: output, stderr: output })
})
afterAll(async () => {
  await gateway.stop({ drainMs: 0 })
  await provider.close()
  rmSync(cwd, { recursive: true, force: true })
})

async function ask(stream: boolean, model = 'm'): Promise<{ status: number; text: string }> {
  const response = await fetch(`${gateway.dataUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'hello' }] }),
  })
  return { status: response.status, text: await response.text() }
}

const word = 'data: {"choices":[{"delta":{"content":"hello"}}]}\n\n'
const failure = `data: {"error":{"message":"unknown key ${key}"}}\n\n`

describe('the key that a provider quotes', () => {
  const type = { 'content-type': 'text/event-stream' }
  const middle = failure.indexOf(key) + 10

  it.each([
    ['in one piece', [word, failure]],
    ['with what was said before', [`${word}${failure}data: [DONE]\n\n`]],
    ['in two pieces', [word, failure.slice(0, middle), failure.slice(middle)]],
    ['in three', [word + failure.slice(0, 9), failure.slice(9, middle), failure.slice(middle)]],
    ['without an end', [word, failure.trimEnd()]],
  ])('in the middle of a stream is not passed on: %s', async (_, chunks) => {
    provider.script({ kind: 'raw', headers: type, chunks })
    const { status, text } = await ask(true)
    expect(status).toBe(200)
    expect(text).toContain(word)
    expect(text).toContain('unknown key [redacted]')
    expect(text).not.toContain(key.slice(10))
  })

  it.each([
    ['behind other fields', `data: {"id":"x","choices":[],${failure.slice('data: {'.length)}`],
    ['before the word', `data: {"message":"unknown key ${key}","object":"error"}\n\n`],
  ])('in an event of another shape is not passed on: %s', async (_, event) => {
    provider.script({ kind: 'raw', headers: type, chunks: [word, event] })
    const text = word + event.replace(key, '[redacted]')
    expect(await ask(true, 'o')).toEqual({ status: 200, text })
  })

  it('in a failure with a good status is not passed on', async () => {
    const chunks = [`{"error":{"message":"unknown key ${key}","code":400}}`]
    provider.script({ kind: 'raw', headers: { 'content-type': 'application/json' }, chunks })
    const text = '{"error":{"message":"unknown key [redacted]","code":400}}'
    expect(await ask(false, 'n')).toEqual({ status: 400, text })
  })
})
