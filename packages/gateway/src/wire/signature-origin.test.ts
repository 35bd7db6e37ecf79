import { describe, expect, it } from 'vitest'
import type { NeutralPart, NeutralRequest } from '../contract/neutral.ts'
import { wireOf } from './list.ts'
import { claimSignatures, markSigner, mayCarryMarks } from './signature-origin.ts'

const SIGNED = 'c2lnbmVkIGJ5IHNvbWVib2R5'

function asked(...parts: NeutralPart[]): NeutralRequest {
  const request = wireOf('openai-chat').parseRequest({
    model: 'm',
    messages: [{ role: 'user', content: 'hi' }],
  })
  return { ...request, messages: [...request.messages, { role: 'assistant', parts }] }
}

function claimed(
  part: NeutralPart,
  caller: 'openai-chat' | 'anthropic-messages',
  target: 'anthropic-messages' | 'gemini',
) {
  const { request, dropped } = claimSignatures(asked(part), caller, target)
  return { parts: request.messages.at(-1)?.parts, dropped }
}

const thought = (signature: string): NeutralPart => ({ type: 'reasoning', text: 'hm', signature })

function marked(wire: 'anthropic-messages' | 'bedrock-converse' | 'gemini'): string {
  const delta = markSigner({ type: 'reasoning_end', signature: SIGNED }, wire)
  return delta.type === 'reasoning_end' ? (delta.signature ?? '') : ''
}

describe('the signature of a thought', () => {
  it('comes back to whoever made it as it was made', () => {
    expect(marked('gemini')).not.toBe(SIGNED)
    expect(claimed(thought(marked('gemini')), 'openai-chat', 'gemini')).toEqual({
      parts: [thought(SIGNED)],
      dropped: 0,
    })
  })

  it('is left out where another provider goes on, and the thought stays', () => {
    expect(claimed(thought(marked('gemini')), 'openai-chat', 'anthropic-messages')).toEqual({
      parts: [{ type: 'reasoning', text: 'hm' }],
      dropped: 1,
    })
  })

  it('without a mark is of the format that the caller speaks', () => {
    expect(claimed(thought(SIGNED), 'anthropic-messages', 'anthropic-messages').parts).toEqual([
      thought(SIGNED),
    ])
    expect(claimed(thought(SIGNED), 'anthropic-messages', 'gemini').dropped).toBe(1)
  })

  it('of Claude counts wherever Claude runs', () => {
    expect(marked('bedrock-converse')).toBe(marked('anthropic-messages'))
  })

  it('is the text of bytes in base64 also with its mark, and keeps its first mark', () => {
    const it = marked('gemini')
    expect(Buffer.from(it, 'base64').toString('base64')).toBe(it)
    expect(markSigner({ type: 'text', text: '', signature: it }, 'anthropic-messages')).toEqual({
      type: 'text',
      text: '',
      signature: it,
    })
  })

  it('that stands for a whole hidden thought takes the thought with it', () => {
    const hidden: NeutralPart = { type: 'reasoning', text: '', redacted: marked('anthropic-messages') }
    expect(claimed(hidden, 'openai-chat', 'gemini')).toEqual({ parts: [], dropped: 1 })
    expect(claimed(hidden, 'openai-chat', 'anthropic-messages').parts).toEqual([
      { type: 'reasoning', text: '', redacted: SIGNED },
    ])
  })

  it('of a call or a text is taken and left out like that of a thought', () => {
    const call = { type: 'tool_call', id: 'a', name: 'f', arguments: '{}' } as const
    const text = { type: 'text', text: 'so' } as const
    const signature = marked('gemini')
    expect(claimed({ ...call, signature }, 'openai-chat', 'gemini').parts).toEqual([
      { ...call, signature: SIGNED },
    ])
    expect(claimed({ ...call, signature }, 'openai-chat', 'anthropic-messages').parts).toEqual([call])
    const extra = { $thoughtSignature: signature }
    expect(claimed({ ...text, extra }, 'anthropic-messages', 'gemini').parts).toEqual([
      { ...text, extra: { $thoughtSignature: SIGNED } },
    ])
    expect(claimed({ ...text, extra }, 'anthropic-messages', 'anthropic-messages').dropped).toBe(1)
  })

  it('is found in a body without reading it', () => {
    expect(mayCarryMarks(Buffer.from(JSON.stringify({ signature: marked('gemini') })))).toBe(true)
    expect(mayCarryMarks(Buffer.from(JSON.stringify({ signature: SIGNED })))).toBe(false)
  })
})
