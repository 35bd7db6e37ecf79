import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { CallHead, Downstream } from '../contract/downstream.ts'
import { openaiChat } from '../wire/openai-chat.ts'
import { ModelsCall } from './models-call.ts'
import type { PipelineTools } from './tools.ts'

setFlagsFromString('--allow-natives-syntax')
// Read only now: what it calls is no JavaScript without the flag.
const isYoung = runInThisContext('(it) => %InYoungGeneration(it)') as (it: unknown) => boolean

/** What is left with its pin by a call that has just been opened. */
function leftWithPin(): (() => void) | null {
  const pin = {
    snapshot: { parts: { gateway: { identity: { open: true } } }, settings: {} },
    onCut: null as (() => void) | null,
    release: () => {},
  }
  const tools = {
    reloader: { acquire: () => pin },
    clock: { now: () => 0, monotonic: () => 0 },
    nextCallId: () => 'call_1',
  } as unknown as PipelineTools
  const nothing = { key: undefined, traceparent: undefined, tracestate: undefined }
  const head: CallHead = { ...nothing, wire: openaiChat, endpoint: '/v1/models', path: null, headers: {} }
  const isOpen = new ModelsCall(tools, {} as Downstream, { ...head, model: null }).open()
  return isOpen ? pin.onCut : null
}

describe('a call', () => {
  it('leaves nothing with its pin that is old from the start', () => {
    const seen = { left: 0, young: 0 }
    // Many: a collection that comes between the call and the look makes one of them old, and not all.
    for (let i = 0; i < 50; i += 1) {
      const left = leftWithPin()
      if (left !== null) seen.left += 1
      if (isYoung(left)) seen.young += 1
    }
    expect(seen.left).toBe(50)
    expect(seen.young).toBeGreaterThan(25)
  })
})
