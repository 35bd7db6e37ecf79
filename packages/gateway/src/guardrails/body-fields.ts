/**
 * How the fields of a request are read, in whichever format: which are somebody's words, which are data of tools, declarations
 * of tools and schemas of what they take, and which are nobody's words.
 *
 * By the names of fields and not by formats: a field that one of them adds tomorrow is looked at, unless it is known
 * to be none of somebody's words.
 */

type Fields = Readonly<Record<string, unknown>>

/**
 * `json`: a text that is written as JSON. `name`: of a tool or of something that it takes, which cannot be another. `data`: a
 * tool's own, all of whose texts count, whatever the names of its fields. `schemas`: schemas by the name of what they are of.
 * `answer`: of a part of an answer; `address`: of a page that it tells of.
 */
export type Reading =
  | 'answer'
  | 'address'
  | 'nothing'
  | 'words'
  | 'json'
  | 'name'
  | 'data'
  | 'tool'
  | 'schema'
  | 'schemas'

/** At the top of a body; everything else there is who asks, whom, and how to answer. */
const ROOTS: ReadonlyMap<string, Reading> = new Map([
  ...[
    'messages',
    'system',
    'instructions',
    'input',
    'prompt',
    'suffix',
    'contents',
    'content',
    'systemInstruction',
    'system_instruction',
    'requests',
    'texts',
    'query',
    'documents',
    'prediction',
    'stop',
    'stop_sequences',
  ].map((it) => [it, 'words'] as const),
  ...[
    'tools',
    'functions',
    'response_format',
    'text',
    'output_config',
    'output_format',
    'generationConfig',
    'generation_config',
  ].map((it) => [it, 'tool'] as const),
])

/** Inside: what is written there is nobody's words. */
const NO_TEXT = new Set([
  'id',
  'type',
  'role',
  'name',
  'model',
  'status',
  'phase',
  'title_id',
  'call_id',
  'tool_call_id',
  'tool_use_id',
  'toolUseId',
  'item_id',
  'previous_response_id',
  'file_id',
  'fileUri',
  'file_uri',
  'uri',
  'url',
  'image_url',
  'filename',
  'mimeType',
  'mime_type',
  'media_type',
  'format',
  'detail',
  'data',
  'file_data',
  'bytes',
  'signature',
  'thoughtSignature',
  'thought_signature',
  'encrypted_content',
  'cache_control',
  'cachePoint',
])

const DATA = new Set(['args', 'response', 'json', 'variables'])

/** Of a declared tool that the provider itself calls: where, and with which credential. */
const NO_TEXT_OF_TOOL = new Set([
  'server_url',
  'headers',
  'authorization',
  'authorization_token',
  'connector_id',
  'container',
  'vector_store_ids',
  'file_ids',
  'allowed_tools',
  'require_approval',
  'responseMimeType',
  'response_mime_type',
])

const SCHEMAS = new Set([
  'parameters',
  'parametersJsonSchema',
  'parameters_json_schema',
  'input_schema',
  'inputSchema',
  'output_schema',
  'schema',
  'response',
  'responseSchema',
  'response_schema',
  'responseJsonSchema',
  'response_json_schema',
])

const SCHEMAS_BY_NAME = new Set([
  'properties',
  '$defs',
  'definitions',
  'patternProperties',
  'dependentSchemas',
])
const SCHEMA_DATA = new Set(['default', 'const', 'enum', 'example', 'examples'])
/** What a schema says by words of its own; `required` names what `properties` has named. */
const NO_TEXT_OF_SCHEMA = new Set([
  'type',
  'format',
  'pattern',
  'required',
  'propertyOrdering',
  'property_ordering',
  'dependentRequired',
  '$ref',
  '$id',
  '$schema',
  '$anchor',
  '$dynamicRef',
  '$dynamicAnchor',
  'contentEncoding',
  'contentMediaType',
])

export function readingOfRoot(name: string): Reading {
  return ROOTS.get(name) ?? 'nothing'
}

/** How a field of something that is read so is read. `isTop`: the thing is itself the value of a root. */
export function readingOfField(of: Fields, name: string, reading: Reading, isTop: boolean): Reading {
  if (reading === 'data') return 'data'
  if (reading === 'schemas') return 'schema'
  if (reading === 'answer') return readingInAnswer(of, name, isTop)
  if (reading === 'schema') return readingInSchema(name, of[name])
  return reading === 'tool' ? readingInTool(name, of[name]) : readingInWords(of, name, isTop)
}

function readingInWords(of: Fields, name: string, isTop: boolean): Reading {
  const it = of[name]
  if (name === 'arguments' && typeof it === 'string') return 'json'
  // `input` of a tool's use and `arguments` that are no text are data; so is what a tool answered in JSON.
  if (DATA.has(name) || (!isTop && isFields(it) && (name === 'input' || name === 'arguments'))) return 'data'
  if (name === 'tools') return 'tool'
  // A document that is plain text, in Anthropic's form.
  if (name === 'data' && of['type'] === 'text') return 'words'
  return NO_TEXT.has(name) ? 'nothing' : 'words'
}

/** A provider may write pictures as addresses. */
function readingInAnswer(of: Fields, name: string, isTop: boolean): Reading {
  const it = of[name]
  if ((name === 'url' || name === 'uri') && typeof it === 'string') {
    return it.startsWith('data:') ? 'nothing' : 'address'
  }
  const reading = readingInWords(of, name, isTop)
  return reading === 'words' ? 'answer' : reading
}

function readingInTool(name: string, it: unknown): Reading {
  if (name === 'name') return 'name'
  if (name === 'input_examples') return 'data'
  if (isFields(it)) {
    if (SCHEMAS.has(name)) return 'schema'
    if (name === 'format') return 'tool'
  }
  return NO_TEXT.has(name) || NO_TEXT_OF_TOOL.has(name) ? 'nothing' : 'tool'
}

function readingInSchema(name: string, it: unknown): Reading {
  if (SCHEMAS_BY_NAME.has(name) && isFields(it)) return 'schemas'
  if (SCHEMA_DATA.has(name)) return 'data'
  return NO_TEXT_OF_SCHEMA.has(name) ? 'nothing' : 'schema'
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
