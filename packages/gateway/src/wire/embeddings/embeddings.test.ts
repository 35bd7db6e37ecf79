import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EmbedRequest, EmbedWire } from '../../contract/embeddings.ts'
import { bedrockInvokeEmbeddings } from './bedrock.ts'
import { cohereEmbeddings } from './cohere.ts'
import { geminiBatchEmbeddings, geminiEmbeddings } from './gemini.ts'
import { embedWires } from './list.ts'
import { openaiEmbeddings } from './openai.ts'
import { readVector, writeVector } from './vectors.ts'
import { vertexPredictEmbeddings } from './vertex.ts'

const asked: EmbedRequest = {
  model: 'm',
  inputs: [{ text: 'a' }, { text: 'b' }],
  dimensions: 3,
  from: 'openai-embeddings',
  extra: {},
}
const one: EmbedRequest = { ...asked, inputs: [{ text: 'a' }] }

function parse(wire: EmbedWire, body: Record<string, unknown>): EmbedRequest {
  if (wire.caller === null) throw new TypeError(`no caller speaks ${wire.name}`)
  return wire.caller.parseRequest(body)
}

describe('a vector', () => {
  it('is the same in base64 as its 32-bit floats are', () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true })
    fc.assert(
      fc.property(fc.array(float, { minLength: 1, maxLength: 8 }), (vector) => {
        expect(readVector(writeVector(vector, 'base64'))).toEqual(vector)
        expect(readVector(writeVector(vector, 'float'))).toEqual(vector)
      }),
    )
  })

  it.each([['x'], [''], [['1']], [{}], [null]])('%j is none', (value) => {
    expect(readVector(value)).toBeNull()
  })
})

describe('a request for embeddings', () => {
  it.each([
    [{ input: 'a' }],
    [{ input: ['a', 'b'] }],
    [{ input: [1, 2, 3] }],
    [{ input: [[1, 2], [3]] }],
    [{ input: 'a', dimensions: 8, encoding_format: 'base64', user: 'u', unheard: { of: 1 } }],
  ])('of OpenAI loses nothing: %j', (body) => {
    const request = parse(openaiEmbeddings, { model: 'm', ...body })
    expect(openaiEmbeddings.writeRequest(request, 'n')).toEqual({
      body: { model: 'n', ...body },
      warnings: [],
    })
  })

  it.each([
    [{ model: 'm' }, 'input'],
    [{ model: 'm', input: ['a', 7] }, 'input[1]'],
    [{ model: 'm', input: 'a', encoding_format: 'hex' }, 'encoding_format'],
    [{ input: 'a' }, 'model'],
  ])('%j is refused, and the field is named', (body, field) => {
    expect(() => parse(openaiEmbeddings, body)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field }) }),
    )
  })

  it('of Gemini loses nothing, of one input and of several', () => {
    const settings = { taskType: 'RETRIEVAL_QUERY', title: 't', outputDimensionality: 8 }
    const entry = { content: { parts: [{ text: 'a' }] }, ...settings }
    const single = parse(geminiEmbeddings, { model: 'm', ...entry })
    const batch = parse(geminiBatchEmbeddings, {
      model: 'm',
      requests: [{ model: 'models/m', ...entry }, entry],
    })

    expect(geminiEmbeddings.writeRequest(single, 'n').body).toEqual(entry)
    expect(geminiBatchEmbeddings.writeRequest(batch, 'n').body).toEqual({
      requests: [
        { model: 'models/n', ...entry },
        { model: 'models/n', ...entry },
      ],
    })
  })

  it('of Gemini that is passed on names the model of the target in each entry', () => {
    const { retarget } = geminiBatchEmbeddings.caller ?? {}
    const entry = { model: 'models/m', content: {}, unheardOf: 1 }
    expect(retarget?.({ model: 'm', requests: [entry, entry] }, 'n')).toEqual({
      requests: [
        { ...entry, model: 'models/n' },
        { ...entry, model: 'models/n' },
      ],
    })
    expect(geminiEmbeddings.caller?.retarget?.({ content: {} }, 'n')).toEqual({
      content: {},
      model: 'models/n',
    })
  })

  it('says that settings which differ within a batch cannot be translated', () => {
    const content = { parts: [{ text: 'a' }] }
    const request = parse(geminiBatchEmbeddings, {
      model: 'm',
      requests: [{ content, outputDimensionality: 8 }, { content }],
    })
    expect(openaiEmbeddings.writeRequest(request, 'n').warnings).toEqual([
      'settings that differ between requests: not supported',
    ])
  })

  it.each([
    [
      cohereEmbeddings,
      asked,
      {
        texts: ['a', 'b'],
        input_type: 'search_document',
        output_dimension: 3,
        embedding_types: ['float'],
        model: 'n',
      },
    ],
    [
      vertexPredictEmbeddings,
      { ...asked, task: 'query' },
      {
        instances: [
          { content: 'a', task_type: 'RETRIEVAL_QUERY' },
          { content: 'b', task_type: 'RETRIEVAL_QUERY' },
        ],
        parameters: { outputDimensionality: 3 },
      },
    ],
    [bedrockInvokeEmbeddings, one, { inputText: 'a', dimensions: 3 }],
  ] as const)('is written for $0.name', (wire, request, body) => {
    expect(wire.writeRequest(request, 'n').body).toEqual(body)
  })

  it('is written for the models of Cohere on Bedrock as Cohere writes it', () => {
    const { body, notes } = bedrockInvokeEmbeddings.writeRequest(asked, 'cohere.embed-english-v3')
    expect(body).toMatchObject({ texts: ['a', 'b'], input_type: 'search_document' })
    expect(notes).toHaveLength(1)
  })

  it.each([geminiEmbeddings, bedrockInvokeEmbeddings])('of several inputs is refused by $name', (wire) => {
    expect(() => wire.writeRequest(asked, 'n')).toThrow(
      expect.objectContaining({ code: 'request.not_translatable' }),
    )
  })

  it.each(embedWires.filter((it) => it !== openaiEmbeddings))('of tokens is refused by $name', (wire) => {
    expect(() => wire.writeRequest({ ...asked, inputs: [{ tokens: [1] }] }, 'n')).toThrow(
      expect.objectContaining({ code: 'request.not_translatable' }),
    )
  })

  it('warns of what is left out', () => {
    const rich: EmbedRequest = {
      ...one,
      user: 'u',
      task: 'query',
      title: 't',
      truncate: 'end',
      extra: { x: 1 },
    }
    const warnings = embedWires.map((it) => [
      it.name,
      it.writeRequest({ ...rich, from: 'gemini-embeddings' }, 'n').warnings.length,
    ])
    expect(Object.fromEntries(warnings)).toEqual({
      'openai-embeddings': 4,
      'gemini-batch-embeddings': 2,
      'gemini-embeddings': 2,
      'cohere-embeddings': 3,
      'vertex-predict-embeddings': 2,
      'bedrock-invoke-embeddings': 5,
    })
  })
})

describe('a reply of vectors', () => {
  const usage = { inputTokens: 5, outputTokens: 0 }

  it.each([
    [
      openaiEmbeddings,
      {
        data: [
          { index: 1, embedding: [3] },
          { index: 0, embedding: [1, 2] },
        ],
        model: 'x',
        usage: { prompt_tokens: 5, total_tokens: 5 },
      },
      'x',
    ],
    [
      geminiBatchEmbeddings,
      { embeddings: [{ values: [1, 2] }, { values: [3] }], usageMetadata: { promptTokenCount: 5 } },
      '',
    ],
    [
      cohereEmbeddings,
      { embeddings: { float: [[1, 2], [3]] }, meta: { billed_units: { input_tokens: 5 } } },
      '',
    ],
    [
      vertexPredictEmbeddings,
      {
        predictions: [
          { embeddings: { values: [1, 2], statistics: { token_count: 3 } } },
          { embeddings: { values: [3], statistics: { token_count: 2 } } },
        ],
      },
      '',
    ],
  ] as const)('of $0.name is read in the order of the inputs', (wire, body, model) => {
    expect(wire.parseReply(body)).toEqual({ model, vectors: [[1, 2], [3]], usage })
  })

  it.each([
    [geminiEmbeddings, { embedding: { values: [1] } }, null],
    [bedrockInvokeEmbeddings, { embedding: [1], inputTextTokenCount: 5 }, usage],
    [bedrockInvokeEmbeddings, { embeddings: [[1]] }, null],
  ] as const)('of $0.name of one input is read', (wire, body, said) => {
    expect(wire.parseReply(body)).toEqual({ model: '', vectors: [[1]], usage: said })
  })

  it.each(embedWires)('of $name that is none is told apart', (wire) => {
    for (const body of [{}, { data: [1] }, { embeddings: [7] }, { predictions: [{}] }, { embedding: {} }]) {
      expect(wire.parseReply(body)).toBeNull()
    }
  })

  it('is written as the caller asked for it', () => {
    const reply = { model: 'x', vectors: [[1, 2]], usage }
    const about = { id: 'r', model: 'm', encoding: 'base64' } as const
    expect(openaiEmbeddings.caller?.writeReply(reply, about)).toEqual({
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: 'AACAPwAAAEA=' }],
      model: 'm',
      usage: { prompt_tokens: 5, total_tokens: 5 },
    })
    expect(geminiEmbeddings.caller?.writeReply(reply, about)).toMatchObject({ embedding: { values: [1, 2] } })
    expect(geminiBatchEmbeddings.caller?.writeReply(reply, about)).toMatchObject({
      embeddings: [{ values: [1, 2] }],
    })
  })
})

describe('recordings of embeddings by others', () => {
  const root = join(import.meta.dirname, '../../../../../../shared/data/vercel-ai/packages')
  const sets = [
    [cohereEmbeddings, 'cohere/src/__fixtures__/cohere-embedding.json', 2],
    [vertexPredictEmbeddings, 'google-vertex/src/__fixtures__/google-vertex-embedding.json', 2],
    [openaiEmbeddings, 'openai/src/embedding/__fixtures__/openai-embedding.json', 2],
  ] as const
  if (!existsSync(root)) {
    it('are at hand', (context) => context.skip('no recordings beside the repository'))
    return
  }

  it.each(sets)('of $0.name are read: %s', (wire, path, count) => {
    const reply = wire.parseReply(
      JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, unknown>,
    )
    expect(reply?.vectors).toHaveLength(count)
    expect(reply?.usage?.inputTokens).toBeGreaterThan(0)
  })
})
