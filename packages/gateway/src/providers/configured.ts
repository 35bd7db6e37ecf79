/**
 * A provider as settings make it: the one of its kind, with what they say otherwise.
 *
 * So any server that speaks OpenAI's formats is a few lines of settings, and a new one is a reload.
 */
import type { Operation, Provider, Quirks } from '../contract/provider.ts'
import { present } from '../wire/fields.ts'
import { bedrockAt } from './bedrock.ts'
import { compatible, headersWithKey } from './compatible.ts'
import { providers } from './list.ts'
import type { ProviderSpec } from './spec.ts'
import { datedAzure } from './table.ts'
import { vertexAt } from './vertex.ts'
import { vertexAnthropicAt } from './vertex-anthropic.ts'

/** Throws a `TypeError` for a kind that the schema does not know. */
export function configuredProvider(settings: ProviderSpec): Provider {
  const kind = kindOf(settings)
  const { wire, keyHeader, quirks, errorTexts, callerHeaders, replyHeaders, versionInBaggage } = settings
  const said = [wire, settings.paths, keyHeader, quirks, errorTexts, callerHeaders, replyHeaders]
  if (!versionInBaggage && said.every((it) => it === undefined)) return kind
  return {
    ...kind,
    wire: wire ?? kind.wire,
    paths: pathsOf(kind, settings.paths),
    ...(quirks === undefined ? {} : { quirks: { ...kind.quirks, ...present<Quirks>(quirks) } }),
    ...(errorTexts === undefined ? {} : { errorTexts }),
    ...(callerHeaders === undefined ? {} : { callerHeaders: lowerCase(callerHeaders) }),
    ...(replyHeaders === undefined ? {} : { replyHeaders: lowerCase(replyHeaders) }),
    ...(versionInBaggage ? { versionInBaggage } : {}),
    ...(keyHeader === undefined ? {} : { headers: (credential) => headersWithKey(keyHeader, credential) }),
  }
}

function kindOf(settings: ProviderSpec): Provider {
  const { kind: name, apiVersion, region = '', project = '' } = settings
  if (apiVersion !== undefined) return compatible(datedAzure(apiVersion))
  if (name === 'bedrock') return bedrockAt({ region, signed: settings.aws !== undefined })
  if (settings.baseUrl === undefined) {
    if (name === 'vertex') return vertexAt({ project, region })
    if (name === 'vertex-anthropic') return vertexAnthropicAt({ project, region })
  }
  const kind = providers[name]
  if (kind === undefined) throw new TypeError(`no provider of kind ${name}`)
  return kind
}

/** `null` takes away what the kind has. */
function pathsOf(kind: Provider, own: ProviderSpec['paths']): Provider['paths'] {
  const paths: Record<string, Provider['paths'][Operation]> = { ...kind.paths }
  for (const [operation, path] of Object.entries(own ?? {})) {
    if (path === null) delete paths[operation]
    else if (path !== undefined) paths[operation] = path
  }
  return paths
}

function lowerCase(names: readonly string[]): readonly string[] {
  return names.map((it) => it.toLowerCase())
}
