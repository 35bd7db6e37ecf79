import { describe, expect, it } from 'vitest'
import { indexOfMark, scanErrors } from './failure-scan.ts'

const FAILED = { suspect: true, failed: true }
const SUSPECT = { suspect: true, failed: false }
const NONE = { suspect: false, failed: false }

const event = (value: unknown, name = ''): string => `${name}data: ${JSON.stringify(value)}\n\n`
const message = { code: 502, message: 'overloaded' }

describe('a stream', () => {
  it.each([
    ["OpenAI's", event({ error: message }), FAILED],
    ['with white space', 'data:{ "error" : { "message" : "overloaded" } }\r\n\r\n', FAILED],
    ['behind other fields', event({ id: 'c-1', choices: [], error: message }), FAILED],
    ['in words', event({ error: 'overloaded' }), FAILED],
    ["of vLLM's", event({ object: 'error', ...message }), FAILED],
    ["Anthropic's", event({ type: 'error', error: message }, 'event: error\n'), FAILED],
    ["the Responses'", event({ type: 'error', ...message }, 'event: error\n'), FAILED],
    ['of a whole response', event({ type: 'response.failed', response: { error: message } }), FAILED],
    [
      'of a response that says no more',
      event({ type: 'response.failed', response: { error: null } }),
      FAILED,
    ],
    ["Google's, as a line of its array", `${JSON.stringify({ error: message })}\n`, FAILED],
    ['behind what tells of none', `${event({ error: null })}${event({ error: message })}`, FAILED],
    ['behind what only looks so', `${event({ args: { error: 'x' } })}${event({ error: message })}`, FAILED],
    ['that is cut off', 'data: {"error":{"mess', SUSPECT],
    ['as why a choice ended', event({ choices: [{ finish_reason: 'error' }] }), SUSPECT],
    ['as an argument of a tool', event({ parts: [{ functionCall: { args: { error: 'x' } } }] }), SUSPECT],
    ['without a value', event({ type: 'response.created', response: { error: null } }), NONE],
    ['that a model writes of', event({ text: 'event: error\ndata: {"error":{"type":"error"}}' }), NONE],
    ['with words that end like it', event({ terror: 'x', error_code: 'rror', is_error: false }), NONE],
    ['behind such a word', event({ terror: 'x', error: message }), FAILED],
    ['nowhere', event({ choices: [] }), NONE],
  ])('tells of a failure: %s', (_, text, expected) => {
    expect(scanErrors(Buffer.from(text))).toEqual(expected)
  })
})

it('finds the mark as a whole, from where it is told to', () => {
  expect(indexOfMark(Buffer.from('rror" "xrror" x error" "error"'), 0)).toBe(23)
  expect(indexOfMark(Buffer.from('"error"'), 1)).toBe(-1)
})
