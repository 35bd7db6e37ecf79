/**
 * The list of models, as the clients of each format ask for it. What a route is made of is not told: to a caller
 * it is a model like any other.
 */
import type { WireName } from '../contract/wire.ts'

export interface ListedModel {
  readonly id: string
  readonly [field: string]: unknown
}

/** Formats whose clients do not read OpenAI's list. */
const shapes: Readonly<Partial<Record<WireName, ListShape>>> = {
  'anthropic-messages': {
    one: anthropicModel,
    list: (models) => ({
      data: models.map(anthropicModel),
      has_more: false,
      first_id: models[0]?.id ?? null,
      last_id: models.at(-1)?.id ?? null,
    }),
  },
  gemini: {
    one: geminiModel,
    list: (models) => ({ models: models.map(geminiModel) }),
  },
}

interface ListShape {
  one(model: ListedModel): object
  list(models: readonly ListedModel[]): object
}

const openai: ListShape = {
  one: (model) => model,
  list: (models) => ({ object: 'list', data: models }),
}

export function shapeOfList(wire: WireName): ListShape {
  return shapes[wire] ?? openai
}

function anthropicModel(model: ListedModel): object {
  return { type: 'model', id: model.id, display_name: model.id, created_at: '1970-01-01T00:00:00Z' }
}

function geminiModel(model: ListedModel): object {
  return {
    name: `models/${model.id}`,
    displayName: model.id,
    supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
  }
}
