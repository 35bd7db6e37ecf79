/** What is broken in `test-fuzz.ts`: a request of each format that uses most of it. */
import type { WireName } from '../contract/wire.ts'
import type { Fields } from './fields.ts'

const schema = { type: 'object', properties: { city: { type: ['string', 'null'] } }, required: ['city'] }
const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"city":"Rome"}' } }
const png = 'data:image/png;base64,aGk='

/** A request of each format that uses most of it. */
export const fuzzRequests: readonly (readonly [WireName, Fields])[] = [
  [
    'openai-chat',
    {
      model: 'm',
      changeover: { variables: { name: 'Bo' } },
      messages: [
        { role: 'developer', content: [{ type: 'text', text: 'be brief', cache_control: {} }] },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: png } },
            { type: 'input_audio', input_audio: { data: 'aGk=', format: 'wav' } },
            { type: 'file', file: { file_data: png, filename: 'a' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          reasoning_details: [{ type: 'reasoning.text', text: 'h', signature: 's' }],
          tool_calls: [call],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'sun' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: schema, strict: true } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      response_format: { type: 'json_schema', json_schema: { name: 'r', schema, strict: true } },
      reasoning_effort: 'high',
      stop: ['x'],
      n: 2,
      max_tokens: 9000,
      stream: true,
      stream_options: { include_usage: true },
    },
  ],
  [
    'anthropic-messages',
    {
      model: 'claude-sonnet-4-5',
      max_tokens: 9000,
      system: [{ type: 'text', text: 'be brief', cache_control: { type: 'ephemeral' } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'hi' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'h', signature: 's' },
            { type: 'tool_use', id: 't1', name: 'f', input: { city: 'Rome' } },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'sun' }] }],
        },
      ],
      tools: [
        { name: 'f', input_schema: schema },
        { type: 'web_search_20250305', name: 'web_search' },
      ],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 2048 },
      output_config: { effort: 'high', format: { type: 'json_schema', schema } },
      stream: true,
    },
  ],
  [
    'openai-responses',
    {
      model: 'm',
      instructions: 'be brief',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'hi' },
            { type: 'input_image', image_url: png, detail: 'auto' },
            { type: 'input_file', file_data: png, filename: 'a' },
          ],
        },
        {
          type: 'reasoning',
          id: 'r1',
          summary: [{ type: 'summary_text', text: 'h' }],
          encrypted_content: 'e',
        },
        { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: 'sun' },
      ],
      tools: [{ type: 'function', name: 'f', parameters: schema, strict: true }, { type: 'web_search' }],
      tool_choice: { type: 'function', name: 'f' },
      text: { format: { type: 'json_schema', name: 'r', schema }, verbosity: 'low' },
      reasoning: { effort: 'high', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      stream: true,
    },
  ],
  [
    'openai-completions',
    { model: 'm', prompt: ['a', 'b'], suffix: 'c', logprobs: 2, echo: true, n: 2, stop: 'x', stream: true },
  ],
  [
    'gemini',
    {
      systemInstruction: { parts: [{ text: 'be brief' }] },
      contents: [
        {
          role: 'user',
          parts: [
            { text: 'hi' },
            { inlineData: { mimeType: 'image/png', data: 'aGk=' } },
            { fileData: { fileUri: 'https://a.test/b', mimeType: 'application/pdf' } },
          ],
        },
        {
          role: 'model',
          parts: [
            { text: 'h', thought: true, thoughtSignature: 's' },
            { functionCall: { name: 'f', args: { city: 'Rome' } } },
          ],
        },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: { result: 'sun' } } }] },
      ],
      tools: [{ functionDeclarations: [{ name: 'f', parameters: schema }] }, { googleSearch: {} }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      generationConfig: {
        temperature: 1,
        responseMimeType: 'application/json',
        responseSchema: schema,
        thinkingConfig: { thinkingBudget: 512, includeThoughts: true },
      },
    },
  ],
]
