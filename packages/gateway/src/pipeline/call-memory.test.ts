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

describe('a call', () => {
  it('leaves nothing with its pin that is old from the start', () => {
    const pin = {
      snapshot: { parts: { gateway: { identity: { open: true } } } },
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
    const call = new ModelsCall(tools, {} as Downstream, { ...head, model: null })

    expect(call.open()).toBe(true)
    expect(pin.onCut).not.toBeNull()
    expect(isYoung(pin.onCut)).toBe(true)
  })
})
