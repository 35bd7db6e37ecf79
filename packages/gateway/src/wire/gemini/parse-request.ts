/**
 * A `generateContent` request in the neutral form.
 *
 * Where a setting of Google's says more than the neutral form can (several allowed functions, a budget of
 * "as the model likes"), the neutral form gets what others understand, and `extra` the setting as it was.
 */
import type {
  NeutralReasoning,
  NeutralRequest,
  NeutralResponseFormat,
  NeutralTool,
} from '../../contract/neutral.ts'
import { type Fields, flagOrNone, isFields, listOrNone, present, textOf, textOrNone } from '../fields.ts'
import { parseContents, parseSystem } from './parse-contents.ts'
import { camelFields, protoFieldsOf, protoNumber, restOf } from './proto-fields.ts'
import { schemaFromGoogle } from './schema.ts'

const UNDERSTOOD: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
])

export function parseGeminiRequest(body: Fields): NeutralRequest {
  const it = camelFields(body)
  const extra: Record<string, unknown> = restOf(it, UNDERSTOOD) ?? {}
  const config = it['generationConfig']
  return present<NeutralRequest>({
    model: textOf(it['model'], 'model'),
    messages: [...parseSystem(it['systemInstruction']), ...parseContents(it['contents'])],
    stream: it['stream'] === true,
    tools: parseTools(it['tools'], extra),
    toolChoice: parseToolChoice(it['toolConfig'], extra),
    ...(config === undefined || config === null ? {} : parseConfig(config, extra)),
    from: 'gemini',
    extra,
  })
}

function parseTools(value: unknown, extra: Record<string, unknown>): readonly NeutralTool[] | undefined {
  const list = listOrNone(value, 'tools')
  if (list === undefined) return undefined
  const functions: NeutralTool[] = []
  const others: Fields[] = []
  list.forEach((it, i) => {
    const { functionDeclarations, ...rest } = protoFieldsOf(it, `tools[${i}]`)
    if (Object.keys(rest).length > 0) others.push(rest)
    const at = `tools[${i}].functionDeclarations`
    listOrNone(functionDeclarations, at)?.forEach((one, j) =>
      functions.push(parseFunction(one, `${at}[${j}]`)),
    )
  })
  if (others.length > 0) extra['tools'] = others
  return functions.length > 0 ? functions : undefined
}

const OF_FUNCTION: ReadonlySet<string> = new Set([
  'name',
  'description',
  'parameters',
  'parametersJsonSchema',
])

/** How the schema was written is kept, so that it goes back as it came. */
function parseFunction(value: unknown, field: string): NeutralTool {
  const it = protoFieldsOf(value, field)
  const { parameters, parametersJsonSchema } = it
  const spelling = isFields(parametersJsonSchema)
    ? { $jsonSchema: true }
    : parameters === undefined
      ? undefined
      : { $parameters: parameters }
  return present<NeutralTool>({
    name: textOf(it['name'], `${field}.name`),
    description: textOrNone(it['description'], `${field}.description`),
    parameters: isFields(parametersJsonSchema)
      ? parametersJsonSchema
      : isFields(parameters)
        ? schemaFromGoogle(parameters)
        : { type: 'object', properties: {} },
    extra: mergeExtra(restOf(it, OF_FUNCTION), spelling),
  })
}

function parseToolChoice(value: unknown, extra: Record<string, unknown>): NeutralRequest['toolChoice'] {
  if (value === undefined || value === null) return undefined
  const { functionCallingConfig, ...others } = protoFieldsOf(value, 'toolConfig')
  putUnder(extra, 'toolConfig', others)
  if (!isFields(functionCallingConfig)) return undefined
  const keep = (exact: boolean) => {
    if (!exact) extra['toolConfig.functionCallingConfig'] = camelFields(functionCallingConfig)
  }
  const { mode, allowedFunctionNames, ...more } = camelFields(functionCallingConfig)
  const names: readonly unknown[] = Array.isArray(allowedFunctionNames) ? allowedFunctionNames : []
  const plain = Object.keys(more).length === 0
  const [only] = names
  switch (mode) {
    case 'AUTO':
    case 'NONE':
      keep(plain && names.length === 0)
      return mode === 'AUTO' ? 'auto' : 'none'
    case 'ANY':
      keep(plain && names.length <= 1)
      return names.length === 1 && typeof only === 'string' ? { name: only } : 'required'
    default:
      keep(false)
      return undefined
  }
}

const OF_CONFIG: ReadonlySet<string> = new Set([
  'temperature',
  'topP',
  'topK',
  'candidateCount',
  'maxOutputTokens',
  'stopSequences',
  'presencePenalty',
  'frequencyPenalty',
  'seed',
  'responseLogprobs',
  'logprobs',
  'responseModalities',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'thinkingConfig',
])

function parseConfig(value: unknown, extra: Record<string, unknown>): Partial<NeutralRequest> {
  const config = protoFieldsOf(value, 'generationConfig')
  const kept: Record<string, unknown> = restOf(config, OF_CONFIG) ?? {}
  const at = (name: string) => `generationConfig.${name}`
  const number = (name: string) => protoNumber(config[name], at(name))
  const texts = (name: string) =>
    listOrNone(config[name], at(name))?.map((it, i) => textOf(it, `${at(name)}[${i}]`))
  const parsed = present<Partial<NeutralRequest>>({
    temperature: number('temperature'),
    topP: number('topP'),
    topK: number('topK'),
    candidates: number('candidateCount'),
    maxTokens: number('maxOutputTokens'),
    stop: texts('stopSequences'),
    presencePenalty: number('presencePenalty'),
    frequencyPenalty: number('frequencyPenalty'),
    seed: number('seed'),
    logprobs: flagOrNone(config['responseLogprobs'], at('responseLogprobs')),
    topLogprobs: number('logprobs'),
    modalities: texts('responseModalities')?.map((it) => it.toLowerCase()),
    responseFormat: parseFormat(config, kept, extra),
    reasoning: parseThinking(config['thinkingConfig'], kept),
  })
  putUnder(extra, 'generationConfig', kept)
  return parsed
}

function parseFormat(
  config: Fields,
  kept: Record<string, unknown>,
  extra: Record<string, unknown>,
): NeutralResponseFormat | undefined {
  const { responseMimeType, responseSchema, responseJsonSchema } = config
  if (isFields(responseJsonSchema)) {
    extra['$jsonSchema'] = true
    return { type: 'json_schema', name: 'response', schema: responseJsonSchema }
  }
  if (isFields(responseSchema) && responseMimeType !== 'text/x.enum') {
    extra['$responseSchema'] = responseSchema
    return { type: 'json_schema', name: 'response', schema: schemaFromGoogle(responseSchema) }
  }
  if (responseMimeType === 'application/json') return { type: 'json' }
  if (responseMimeType === 'text/plain') return { type: 'text' }
  if (responseMimeType !== undefined) kept['responseMimeType'] = responseMimeType
  if (responseSchema !== undefined) kept['responseSchema'] = responseSchema
  return undefined
}

const LEVELS: ReadonlySet<unknown> = new Set(['minimal', 'low', 'medium', 'high'])

/** A budget of 0 turns thinking off, one of -1 leaves it to the model, which is no number that others know. */
function parseThinking(value: unknown, kept: Record<string, unknown>): NeutralReasoning | undefined {
  if (value === undefined || value === null) return undefined
  const config = protoFieldsOf(value, 'generationConfig.thinkingConfig')
  const { includeThoughts, thinkingBudget, thinkingLevel, ...rest } = config
  const budget = protoNumber(thinkingBudget, 'generationConfig.thinkingConfig.thinkingBudget')
  const level = typeof thinkingLevel === 'string' ? thinkingLevel.toLowerCase() : undefined
  const isKnown = level === undefined || LEVELS.has(level)
  if (Object.keys(rest).length > 0 || !isKnown || (budget !== undefined && budget < 0)) {
    kept['thinkingConfig'] = config
  }
  const reasoning = present<NeutralReasoning>({
    effort: budget === 0 ? 'none' : isKnown ? (level as NeutralReasoning['effort']) : undefined,
    budgetTokens: budget !== undefined && budget > 0 ? budget : undefined,
    show: flagOrNone(includeThoughts, 'generationConfig.thinkingConfig.includeThoughts'),
  })
  return Object.keys(reasoning).length > 0 ? reasoning : undefined
}

/** Fields of a part of the request stand under their path, so that a warning names each. */
function putUnder(extra: Record<string, unknown>, path: string, fields: Fields): void {
  for (const [name, value] of Object.entries(fields)) extra[`${path}.${name}`] = value
}

function mergeExtra(one: Fields | undefined, other: Fields | undefined): Fields | undefined {
  return one === undefined ? other : { ...one, ...other }
}
