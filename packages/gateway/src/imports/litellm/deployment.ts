/** One entry of LiteLLM's `model_list`: where it is served, under which key, with which defaults. */
import type { ModelSettings, ProviderKind, ProviderSettings } from '../../contract/settings.ts'
import { cloudPlace, type PlaceFields } from '../cloud-place.ts'
import { fieldsIn, isOldFields, numberIn, type OldFields, textIn } from '../old-fields.ts'
import { referenceTo, type SettingsDraft, variableFor } from '../settings-draft.ts'
import type { Deployment } from './group.ts'
import { providerOf } from './provider-of.ts'

/** Fields that say who serves it and how often; what else stands there and is not known is a default for requests. */
const ABOUT_SERVING = new Set([
  'model',
  'api_key',
  'api_base',
  'base_url',
  'api_version',
  'organization',
  'extra_headers',
  'custom_llm_provider',
  'weight',
  'order',
  'timeout',
  'stream_timeout',
  'max_parallel_requests',
  'region_name',
  'input_cost_per_token',
  'output_cost_per_token',
  'drop_params',
])

const cloudFields = (kind: ProviderKind): PlaceFields => ({
  region: kind === 'vertex' ? 'vertex_location' : 'aws_region_name',
  project: 'vertex_project',
  accessKey: 'aws_access_key_id',
  secretKey: 'aws_secret_access_key',
})

/** Of the rest, what is a field of chat requests. */
const DEFAULTS_FOR_REQUESTS = new Set([
  'temperature',
  'top_p',
  'max_tokens',
  'max_completion_tokens',
  'presence_penalty',
  'frequency_penalty',
  'stop',
  'seed',
  'reasoning_effort',
  'response_format',
  'user',
  'n',
])

const REASONS: Readonly<Record<string, string>> = {
  rpm: 'what the provider allows is read from its answers (strategy headroom); callers are limited per key, in limits',
  tpm: 'what the provider allows is read from its answers (strategy headroom)',
  max_retries: 'retries are a setting of routes',
  num_retries: 'retries are a setting of routes',
  tags: 'write a rule on a header or on metadata in the route',
  max_budget: 'not carried over: tenants, teams and keys have budgets (docs/guide/limits.md)',
  mock_response: 'use a provider of kind simulated',
  cache_control_injection_points:
    'not carried over: promptCache of a model marks prompts by itself (docs/guide/cache.md)',
}

export interface OldDeployment {
  readonly name: string
  readonly entry: OldFields
  readonly at: string
}

/** `null` when nothing of it can be served; the draft then says why. */
export function importDeployment(draft: SettingsDraft, it: OldDeployment): Deployment | null {
  const { name, entry, at } = it
  const asked = fieldsIn(entry['litellm_params'])
  const info = fieldsIn(entry['model_info'])
  const where = `${at}.litellm_params`
  const id = textIn(asked['model'])
  if (id === undefined) {
    draft.note('left out', `${where}.model`, 'it names no model')
    return null
  }
  const found = providerOf(id, asked)
  if (found === null) {
    draft.note('left out', `${where}.model`, `"${id}": no provider here is of that kind`)
    return null
  }
  const provider = draft.provider(found.name, providerSettings(draft, { asked, where, ...found }))
  const model = draft.model(
    name,
    modelSettings(draft, { provider, id: found.model, name, asked, info, where }),
  )
  const timeout = numberIn(asked['timeout'])
  return {
    model,
    weight: wholeWeight(draft, asked['weight'], `${where}.weight`),
    order: numberIn(asked['order']),
    timeoutMs: timeout === undefined ? undefined : Math.round(timeout * 1000),
  }
}

interface Serving {
  readonly asked: OldFields
  readonly where: string
  readonly name: string
  readonly kind: ProviderKind
  readonly baseUrl: string | undefined
  readonly needsKey: boolean
}

function providerSettings(draft: SettingsDraft, it: Serving): ProviderSettings {
  const { asked, where, kind, baseUrl, needsKey } = it
  const hasKey = asked['api_key'] !== undefined && asked['api_key'] !== null
  const variable = variableFor(it.name)
  const settings: { -readonly [K in keyof ProviderSettings]: ProviderSettings[K] } = { kind }
  if (baseUrl !== undefined) settings.baseUrl = baseUrl
  const version = textIn(asked['api_version'])
  if (kind === 'azure' && version !== undefined) settings.apiVersion = version
  if (hasKey)
    settings.credential = referenceTo(draft, { value: asked['api_key'], at: `${where}.api_key`, variable })
  else if (needsKey) settings.credential = `\${env:${variable}}`
  Object.assign(
    settings,
    cloudPlace(draft, kind, { fields: asked, names: cloudFields(kind), at: `${where}.` }),
  )
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(fieldsIn(asked['extra_headers']))) {
    if (typeof value === 'string') headers[name] = value
  }
  const organization = textIn(asked['organization'])
  if (organization !== undefined) headers['openai-organization'] = organization
  if (Object.keys(headers).length > 0) settings.headers = headers
  return settings
}

interface OldModel {
  readonly provider: string
  readonly id: string
  readonly name: string
  readonly asked: OldFields
  readonly info: OldFields
  readonly where: string
}

function modelSettings(draft: SettingsDraft, it: OldModel): ModelSettings {
  const { provider, id, name, asked, info, where } = it
  const settings: { -readonly [K in keyof ModelSettings]: ModelSettings[K] } = { provider }
  if (id !== name) settings.model = id
  const region = textIn(asked['region_name'])
  if (region !== undefined) settings.region = region
  const most = numberIn(asked['max_parallel_requests'])
  if (most !== undefined) settings.concurrency = { max: most }
  const price = priceOf(asked) ?? priceOf(info)
  if (price !== null) {
    settings.catalogue = `imported/${id}`
    draft.price(settings.catalogue, price)
  } else if (textIn(info['base_model']) !== undefined) {
    settings.catalogue = catalogueName(String(info['base_model']))
  }
  const parameters = parametersOf(draft, asked, where)
  if (Object.keys(parameters).length > 0) settings.parameters = parameters
  return settings
}

function parametersOf(draft: SettingsDraft, asked: OldFields, where: string): Record<string, unknown> {
  const parameters: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(asked)) {
    if (ABOUT_SERVING.has(field) || field.startsWith('aws_') || field.startsWith('vertex_')) continue
    if (DEFAULTS_FOR_REQUESTS.has(field)) parameters[field] = value
    else if (field === 'extra_body' && isOldFields(value)) Object.assign(parameters, value)
    else draft.note('left out', `${where}.${field}`, REASONS[field] ?? 'not known here')
  }
  return parameters
}

/** Theirs is in dollars a token, ours in dollars a million. */
function priceOf(fields: OldFields): { input: number; output: number } | null {
  const input = numberIn(fields['input_cost_per_token'])
  const output = numberIn(fields['output_cost_per_token'])
  if (input === undefined && output === undefined) return null
  return { input: perMillion(input ?? 0), output: perMillion(output ?? 0) }
}

/** To six decimals: more is the noise of 0.00000015 in binary. */
function perMillion(usdPerToken: number): number {
  return Math.round(usdPerToken * 1e12) / 1e6
}

/** `azure/gpt-4.1` or `gpt-4.1`. */
function catalogueName(base: string): string {
  return base.includes('/') ? base : `openai/${base}`
}

/** Weights here are whole numbers. */
function wholeWeight(draft: SettingsDraft, value: unknown, at: string): number | undefined {
  const weight = numberIn(value)
  if (weight === undefined || Number.isInteger(weight)) return weight
  draft.note('changed', at, `${weight} is taken times a hundred: weights are whole numbers`)
  return Math.round(weight * 100)
}
