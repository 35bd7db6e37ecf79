/**
 * The neutral form as a `generateContent` request. Model and streaming stand in the path, not here.
 *
 * A schema is written in Google's own dialect where the dialect can say all of it, because every model reads
 * that; else as the JSON Schema it is, which newer models read, with a warning for each word that they do not.
 */
import type { NeutralReasoning, NeutralRequest, NeutralTool } from '../../contract/neutral.ts'
import { type Fields, present } from '../fields.ts'
import { warnOfForeign } from '../foreign.ts'
import { schemaToGoogle, unreadKeywords } from './schema.ts'
import { type WritingContents, writeContents, writeSystem } from './write-contents.ts'

const MOST_STOPS = 5

export function writeGeminiRequest(
  request: NeutralRequest,
  model: string,
): { readonly body: Record<string, unknown>; readonly warnings: readonly string[] } {
  const warnings = new Set(warnOfForeign(request, 'gemini'))
  const own = request.from === 'gemini'
  const to: WritingContents = {
    own,
    signed: !own && generationOf(model) >= 3,
    warn: (text) => warnings.add(text),
  }
  warnOfUnsaid(request, to)
  const under = ownFields(request)
  const config = { ...writeConfig(request, model, to), ...under.generationConfig }
  const body = {
    contents: writeContents(request.messages, to),
    ...present<Record<string, unknown>>({
      systemInstruction: writeSystem(request.messages, to),
      tools: writeTools(request, to),
      toolConfig: writeToolConfig(request, under.toolConfig),
      generationConfig: Object.keys(config).length === 0 ? undefined : config,
    }),
    ...under.request,
  }
  return { body, warnings: [...warnings] }
}

/** The major version in a model's name; 0 where the name does not say, such as in an alias. */
function generationOf(model: string): number {
  return Number(/gemini-(\d+)/.exec(model)?.[1] ?? 0)
}

function warnOfUnsaid(request: NeutralRequest, to: WritingContents): void {
  const { user, metadata, serviceTier, parallelToolCalls, verbosity } = request
  if (user !== undefined) to.warn('user: not supported')
  if (metadata !== undefined && Object.keys(metadata).length > 0) to.warn('metadata: not supported')
  if (serviceTier !== undefined && serviceTier !== 'auto' && serviceTier !== 'default') {
    to.warn(`service tier "${serviceTier}": not supported`)
  }
  if (parallelToolCalls === false) to.warn('parallel tool calls: cannot be turned off')
  if (verbosity !== undefined) to.warn('verbosity: not supported')
}

interface OwnFields {
  readonly request: Record<string, unknown>
  readonly toolConfig: Record<string, unknown>
  readonly generationConfig: Record<string, unknown>
}

/** What Google's callers say and the neutral form lacks, where it stood. */
function ownFields(request: NeutralRequest): OwnFields {
  const fields: OwnFields = { request: {}, toolConfig: {}, generationConfig: {} }
  if (request.from !== 'gemini') return fields
  for (const [name, value] of Object.entries(request.extra)) {
    const [head = '', ...more] = name.split('.')
    const below = more.join('.')
    if (head === 'toolConfig' && below !== '') fields.toolConfig[below] = value
    else if (head === 'generationConfig' && below !== '') fields.generationConfig[below] = value
    else if (name !== 'tools' && !name.startsWith('$')) fields.request[name] = value
  }
  return fields
}

function writeTools(request: NeutralRequest, to: WritingContents): unknown[] | undefined {
  const functions = request.tools?.map((tool) => writeFunction(tool, to)) ?? []
  const others = to.own ? request.extra['tools'] : undefined
  const tools: unknown[] = functions.length === 0 ? [] : [{ functionDeclarations: functions }]
  if (Array.isArray(others)) tools.push(...(others as unknown[]))
  return tools.length === 0 ? undefined : tools
}

function writeFunction(tool: NeutralTool, to: WritingContents): Fields {
  const { $jsonSchema, $parameters, ...extra } = to.own ? (tool.extra ?? {}) : {}
  const { name, description } = tool
  if (tool.strict === true) to.warn(`strictness of tool "${name}": not supported`)
  const parameters =
    $parameters === undefined ? writeParameters(tool, $jsonSchema === true, to) : { parameters: $parameters }
  return present({ name, description, ...parameters, ...extra })
}

function writeParameters(tool: NeutralTool, asJsonSchema: boolean, to: WritingContents): Fields {
  const { parameters, name } = tool
  if (asJsonSchema) return { parametersJsonSchema: parameters }
  if (isNothing(parameters)) return {}
  const { schema, lost } = schemaToGoogle(parameters)
  if (lost.length === 0) return { parameters: schema }
  warnOfSchema(parameters, `tool "${name}"`, to)
  return { parametersJsonSchema: parameters }
}

/** An object without properties is refused; a function without parameters says nothing of them. */
function isNothing(schema: Fields): boolean {
  const { type, properties, ...rest } = schema
  const empty = properties === undefined || Object.keys(Object(properties) as object).length === 0
  const loose = Object.keys(rest).every(
    (it) => it === 'additionalProperties' || it === 'required' || it === '$schema',
  )
  return (type === undefined || type === 'object') && empty && loose
}

function warnOfSchema(schema: unknown, whose: string, to: WritingContents): void {
  for (const it of unreadKeywords(schema)) to.warn(`"${it}" in the schema of ${whose}: may be ignored`)
}

function writeToolConfig(request: NeutralRequest, own: Record<string, unknown>): Fields | undefined {
  const { toolChoice, tools } = request
  const config: Record<string, unknown> = {}
  if (toolChoice !== undefined && (tools !== undefined || request.from === 'gemini')) {
    config['functionCallingConfig'] = writeChoice(toolChoice)
  }
  const written = { ...config, ...own }
  return Object.keys(written).length === 0 ? undefined : written
}

function writeChoice(choice: NonNullable<NeutralRequest['toolChoice']>): Fields {
  if (typeof choice === 'object') return { mode: 'ANY', allowedFunctionNames: [choice.name] }
  return { mode: choice === 'required' ? 'ANY' : choice.toUpperCase() }
}

function writeConfig(request: NeutralRequest, model: string, to: WritingContents): Fields {
  return present<Record<string, unknown>>({
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    candidateCount: request.candidates,
    maxOutputTokens: request.maxTokens,
    stopSequences: writeStops(request.stop, to),
    presencePenalty: request.presencePenalty,
    frequencyPenalty: request.frequencyPenalty,
    seed: request.seed,
    responseLogprobs: request.logprobs,
    logprobs: request.topLogprobs,
    responseModalities: request.modalities?.map((it) => it.toUpperCase()),
    ...writeFormat(request, to),
    thinkingConfig: request.reasoning === undefined ? undefined : writeThinking(request.reasoning, model, to),
  })
}

function writeStops(stop: readonly string[] | undefined, to: WritingContents): readonly string[] | undefined {
  if (stop === undefined || to.own || stop.length <= MOST_STOPS) return stop
  to.warn(`stop sequences: the first ${MOST_STOPS} of ${stop.length} are used`)
  return stop.slice(0, MOST_STOPS)
}

function writeFormat(request: NeutralRequest, to: WritingContents): Fields {
  const format = request.responseFormat
  if (format === undefined) return {}
  if (format.type === 'text') return to.own ? { responseMimeType: 'text/plain' } : {}
  const responseMimeType = 'application/json'
  if (format.type === 'json') return { responseMimeType }
  const isJsonSchema = to.own && request.extra['$jsonSchema'] === true
  const written = to.own ? request.extra['$responseSchema'] : undefined
  if (written !== undefined) return { responseMimeType, responseSchema: written }
  const { schema, lost } = schemaToGoogle(format.schema)
  if (!isJsonSchema && lost.length === 0) return { responseMimeType, responseSchema: schema }
  if (!to.own) warnOfSchema(format.schema, 'the answer', to)
  return { responseMimeType, responseJsonSchema: format.schema }
}

/** Tokens that Google names for each effort where a model counts them. */
const BUDGETS = { none: 0, minimal: 1024, low: 1024, medium: 8192, high: 24_576, xhigh: 24_576 } as const

function writeThinking(reasoning: NeutralReasoning, model: string, to: WritingContents): Fields | undefined {
  const { effort, budgetTokens, show } = reasoning
  const includeThoughts = show === undefined ? undefined : show !== false
  const written = { includeThoughts, ...writeEffort(effort, budgetTokens, { model, to }) }
  const config: Fields = present(written)
  return Object.keys(config).length === 0 ? undefined : config
}

/** Models from the third generation on take a level; one that cannot be turned off thinks as little as it can. */
function writeEffort(
  effort: NeutralReasoning['effort'],
  budgetTokens: number | undefined,
  { model, to }: { readonly model: string; readonly to: WritingContents },
): Record<string, unknown> {
  const level = effort === undefined || effort === 'none' ? undefined : effort.toUpperCase()
  if (to.own) {
    return { thinkingBudget: effort === 'none' ? 0 : budgetTokens, thinkingLevel: level }
  }
  if (budgetTokens !== undefined) return { thinkingBudget: budgetTokens }
  if (effort === undefined) return {}
  if (generationOf(model) < 3) return { thinkingBudget: BUDGETS[effort] }
  if (effort === 'none') to.warn('thinking cannot be turned off: as little as possible is asked for')
  if (effort === 'none' || effort === 'minimal') return { thinkingLevel: 'LOW' }
  return { thinkingLevel: effort === 'xhigh' ? 'HIGH' : effort.toUpperCase() }
}
