/** One target of a Portkey config: a provider, a key, and the model that it overrides the caller's with. */
import type { ModelSettings, ProviderKind, ProviderSettings } from '../../contract/settings.ts'
import { cloudPlace, type PlaceFields } from '../cloud-place.ts'
import { fieldsIn, type OldFields, textIn } from '../old-fields.ts'
import { referenceTo, type SettingsDraft, variableFor } from '../settings-draft.ts'

/** Their name to our kind. */
const kinds: Readonly<Record<string, ProviderKind>> = {
  openai: 'openai',
  'azure-openai': 'azure',
  anthropic: 'anthropic',
  google: 'gemini',
  'vertex-ai': 'vertex',
  bedrock: 'bedrock',
  'mistral-ai': 'mistral',
  cohere: 'cohere',
  groq: 'groq',
  deepseek: 'deepseek',
  'x-ai': 'xai',
  openrouter: 'openrouter',
  'together-ai': 'together',
  'fireworks-ai': 'fireworks',
  'perplexity-ai': 'perplexity',
  cerebras: 'cerebras',
  ollama: 'ollama',
}

const UNDERSTOOD = new Set([
  'name',
  'provider',
  'virtual_key',
  'api_key',
  'weight',
  'override_params',
  'custom_host',
  'aws_region',
  'aws_access_key_id',
  'aws_secret_access_key',
  'vertex_region',
  'vertex_project_id',
])

const cloudFields = (kind: ProviderKind): PlaceFields => ({
  region: kind === 'vertex' ? 'vertex_region' : 'aws_region',
  project: 'vertex_project_id',
  accessKey: 'aws_access_key_id',
  secretKey: 'aws_secret_access_key',
})

const REASONS: Readonly<Record<string, string>> = {
  retry: 'retries are a setting of the route',
  request_timeout: 'time limits are a setting of the route',
  cache: 'not carried over: routes keep answers by an entry of cache (docs/guide/cache.md)',
  strategy: 'a strategy without targets',
  input_guardrails: 'not carried over: write them as entries of guardrails (docs/guide/guardrails.md)',
  output_guardrails: 'not carried over: write them as entries of guardrails (docs/guide/guardrails.md)',
}

/** The key in `models`, or `null` when nothing of it can be served; the draft then says why. */
export function importTarget(
  draft: SettingsDraft,
  target: OldFields,
  it: { readonly at: string; readonly model: string | undefined },
): string | null {
  const params = fieldsIn(target['override_params'])
  const named = splitModel(textIn(params['model']))
  const asked = named.model ?? it.model
  if (asked === undefined) {
    draft.note(
      'left out',
      `${it.at}override_params.model`,
      'it takes whichever model the caller names; targets here name theirs: give one with --model',
    )
    return null
  }
  const provider = importProvider(draft, target, { at: it.at, slug: named.slug })
  for (const name of Object.keys(target)) {
    if (!UNDERSTOOD.has(name)) draft.note('left out', `${it.at}${name}`, REASONS[name] ?? 'not known here')
  }
  if (provider === null) return null
  const { model: _, ...parameters } = params
  const settings: { -readonly [K in keyof ModelSettings]: ModelSettings[K] } = { provider }
  const name = textIn(target['name']) ?? asked
  if (name !== asked) settings.model = asked
  if (Object.keys(parameters).length > 0) settings.parameters = parameters
  return draft.model(name, settings)
}

/** `@openai-prod/gpt-4o` names a provider of their catalogue. */
function splitModel(model: string | undefined): { slug: string | undefined; model: string | undefined } {
  const [, slug, rest] = /^@([^/]+)\/(.+)$/.exec(model ?? '') ?? []
  return slug === undefined ? { slug: undefined, model } : { slug, model: rest }
}

function importProvider(
  draft: SettingsDraft,
  target: OldFields,
  it: { readonly at: string; readonly slug: string | undefined },
): string | null {
  const said = textIn(target['provider']) ?? (it.slug === undefined ? undefined : `@${it.slug}`)
  const host = textIn(target['custom_host'])?.replace(/\/+$/, '')
  const slug = said?.startsWith('@') === true ? said.slice(1) : textIn(target['virtual_key'])
  const known = said === undefined || !Object.hasOwn(kinds, said) ? undefined : kinds[said]
  const kind = host === undefined ? (known ?? guess(slug)) : 'openai-compatible'
  if (kind === undefined) {
    draft.note(
      'left out',
      `${it.at}provider`,
      `${JSON.stringify(said ?? slug ?? null)}: no provider here is of that kind`,
    )
    return null
  }
  if (known === undefined && host === undefined) {
    draft.note('changed', `${it.at}provider`, `"${slug}" was taken for ${kind}, by its name`)
  }
  const variable = variableFor(slug ?? kind)
  const settings: { -readonly [K in keyof ProviderSettings]: ProviderSettings[K] } = { kind }
  if (host !== undefined) settings.baseUrl = host
  const hasKey = target['api_key'] !== undefined && kind !== 'bedrock'
  if (hasKey)
    settings.credential = referenceTo(draft, { value: target['api_key'], at: `${it.at}api_key`, variable })
  else if (slug !== undefined) {
    settings.credential = `\${env:${variable}}`
    draft.note(
      'to do',
      `${it.at}${said === undefined ? 'virtual_key' : 'provider'}`,
      `its key is with Portkey: put it into the environment as ${variable}`,
    )
  } else if (host === undefined && kind !== 'bedrock') settings.credential = `\${env:${variable}}`
  Object.assign(settings, cloudPlace(draft, kind, { fields: target, names: cloudFields(kind), at: it.at }))
  return draft.provider(slug ?? (host === undefined ? kind : (URL.parse(host)?.hostname ?? kind)), settings)
}

/** Keys are often named after their provider: `openai-prod`. */
function guess(slug: string | undefined): ProviderKind | undefined {
  const name = Object.keys(kinds).find((it) => slug?.toLowerCase().startsWith(it.split('-')[0] ?? it))
  return name === undefined ? undefined : kinds[name]
}
