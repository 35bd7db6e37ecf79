/**
 * LiteLLM's `config.yaml`, as settings of ours.
 *
 * Its `model_list` holds deployments; those of the same `model_name` share the requests. Here each deployment is a
 * model, and the shared name a route. Fields as its documentation has them in 2026 (docs.litellm.ai).
 */
import type { GatewaySettings } from '../contract/settings.ts'
import { importDeployment } from './litellm/deployment.ts'
import { type Deployment, targetsOf } from './litellm/group.ts'
import { importRouter } from './litellm/router.ts'
import { fieldsIn, isOldFields, listIn, type OldFields, textIn } from './old-fields.ts'
import { type Imported, SettingsDraft } from './settings-draft.ts'

/** `null` when the file is nothing of the kind. */
export function importLiteLlm(value: unknown): Imported | null {
  if (!isOldFields(value) || !Array.isArray(value['model_list'])) return null
  const draft = new SettingsDraft()
  const groups = new Map<string, Deployment[]>()
  listIn(value['model_list']).forEach((it, i) => {
    const entry = fieldsIn(it)
    const at = `model_list[${i}]`
    const name = textIn(entry['model_name'])
    if (name === undefined || name.includes('*')) {
      draft.note(
        'left out',
        at,
        `a deployment named ${JSON.stringify(name ?? null)}: each model needs a name of its own`,
      )
      return
    }
    const deployment = importDeployment(draft, { name, entry, at })
    if (deployment === null) return
    const group = groups.get(name) ?? []
    group.push(deployment)
    groups.set(name, group)
  })
  for (const [name, group] of groups) {
    if (group.length > 1 || group.some((it) => it.timeoutMs !== undefined)) addRoute(draft, name, group)
  }
  importRouter(draft, groups, value)
  noteTheRest(draft, value)
  const imported = draft.finish()
  const telemetry = telemetryOf(value)
  return telemetry === undefined ? imported : { ...imported, settings: { ...imported.settings, telemetry } }
}

function addRoute(draft: SettingsDraft, name: string, group: readonly Deployment[]): void {
  const route = draft.route(name, targetsOf(group))
  if (group.some((it) => it.order !== undefined)) route.strategy = 'priority'
  const timeouts = group.flatMap((it) => it.timeoutMs ?? [])
  if (timeouts.length === 0) return
  route.timeouts = { totalMs: Math.max(...timeouts) }
  if (new Set(timeouts).size > 1) {
    draft.note(
      'changed',
      `model_list (${name})`,
      'deployments with different timeouts: the longest counts for all of the route',
    )
  }
}

/** Whole sections that nothing here stands for, with what to do in their place. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  environment_variables: 'set them in the environment of the gateway',
  mcp_servers: 'the gateway does not federate MCP servers yet',
  guardrails: 'not carried over: write them as entries of guardrails (docs/guide/guardrails.md)',
  prompts: 'write prompts as contexts',
  credential_list: 'credentials are references to the environment or to files, at each provider',
  vector_store_registry: 'the gateway holds no vector stores',
  search_tools: 'the gateway runs no tools',
  callback_settings: 'see telemetry: spans, metrics and logs go out by OTLP',
}

const UNDERSTOOD = new Set(['model_list', 'router_settings', 'litellm_settings', 'general_settings'])

function noteTheRest(draft: SettingsDraft, file: OldFields): void {
  for (const name of Object.keys(file)) {
    if (UNDERSTOOD.has(name)) continue
    draft.note('left out', name, ELSEWHERE[name] ?? 'not known here')
  }
  for (const [name, value] of Object.entries(fieldsIn(file['general_settings']))) {
    if (name === 'master_key') {
      draft.note(
        'to do',
        'general_settings.master_key',
        'give callers keys of their own: add tenants with the hash of each key; the admin API has a token of its own',
      )
    } else if (value !== null) {
      draft.note(
        'left out',
        `general_settings.${name}`,
        'the gateway needs no database and no settings of this kind',
      )
    }
  }
}

function telemetryOf(file: OldFields): NonNullable<GatewaySettings['telemetry']> | undefined {
  const asked = fieldsIn(file['litellm_settings'])['json_logs'] === true
  return asked ? { logs: { format: 'json' } } : undefined
}
