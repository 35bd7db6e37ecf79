/** What is said of tools to a server of chat completions when none of them can be had there. */
import { describe, expect, it } from 'vitest'
import { anthropicMessages } from '../anthropic-messages.ts'
import { openaiChat } from '../openai-chat.ts'
import { openaiResponses } from '../openai-responses.ts'

const searching = { tools: [{ type: 'web_search' }], tool_choice: 'required', parallel_tool_calls: true }
const named = { type: 'function', name: 'f', parameters: {} }

describe('a request whose tools are all left out', () => {
  it.each([
    ['tools that only its own provider runs', searching],
    ['none', { tools: [], tool_choice: 'auto', parallel_tool_calls: true }],
  ])('says nothing of them: %s', (_, more) => {
    const asked = openaiResponses.parseRequest({ model: 'm', input: 'hi', ...more })
    const { body } = openaiChat.writeRequest(asked, 'm')
    expect(Object.keys(body)).toEqual(['model', 'messages'])
  })

  it('of Anthropic’s as well', () => {
    const asked = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }
    const searches = {
      tools: [{ type: 'web_search_20250305', name: 'web_search' }],
      tool_choice: { type: 'any' },
    }
    const { body } = openaiChat.writeRequest(anthropicMessages.parseRequest({ ...asked, ...searches }), 'm')
    expect(body).not.toHaveProperty('tool_choice')
  })

  it('says all of it where one of them is left', () => {
    const tools = [...searching.tools, named]
    const asked = openaiResponses.parseRequest({ model: 'm', input: 'hi', ...searching, tools })
    expect(openaiChat.writeRequest(asked, 'm').body).toMatchObject({
      tools: [{ function: { name: 'f' } }],
      tool_choice: 'required',
      parallel_tool_calls: true,
    })
  })

  it('keeps what a caller of this format wrote', () => {
    const asked = { model: 'm', messages: [], tools: [], tool_choice: 'auto' }
    expect(openaiChat.writeRequest(openaiChat.parseRequest(asked), 'm').body).toMatchObject(asked)
  })
})
