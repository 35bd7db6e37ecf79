/**
 * The gateway's part in a reload: settings in, a compiled gateway out, and nothing changed if anything is
 * wrong with them.
 *
 * Validation is pure and looks at everything at once. Preparing resolves the secrets that the settings
 * name, because whether they are there is a fact about this instance and not about the settings.
 *
 * Not here: the telemetry section (`telemetry-participant.ts`).
 */
import {
  type Attributes,
  type Clock,
  type Issue,
  type Participant,
  type PrepareInput,
  pointTo,
  ReloadError,
} from '@changeover/reload'
import { cacheSpec } from '../cache/spec.ts'
import type { ShippedCatalogue } from '../catalogue/catalogue.ts'
import type { CompiledGateway, CompiledRoute } from '../contract/compiled.ts'
import { secretReferencesIn } from '../contract/secret.ts'
import { isGatewayError, sayError } from '../errors.ts'
import type { GuardEngines } from '../guardrails/find-faults.ts'
import type { Counters } from '../policy/allowance.ts'
import { providerSpec } from '../providers/spec.ts'
import { checkAhead, checkSettings, entriesOf, entryOf } from '../settings/check.ts'
import { type AnalysisSettings, analysisSpec } from '../settings/rollout-spec.ts'
import { SECTIONS } from '../settings/schema.ts'
import type { Secrets } from '../settings/secrets.ts'
import { checkAccess, type DataPlaneReach, exposedBy } from './check-access.ts'
import { checkCatalogue } from './check-catalogue.ts'
import { referencesOfCaches } from './compile-caches.ts'
import { compileGateway } from './compile-gateway.ts'
import {
  checkGuardrails,
  loadGuardEngines,
  loadGuards,
  referencesOfGuardrails,
} from './compile-guardrails.ts'
import { checkReferences } from './compile-references.ts'
import { referencesOfProviders } from './compile-targets.ts'
import type { CountersPart } from './counters-participant.ts'
import { checkPublished, loadPublished, preparePublished } from './published-apis.ts'

export interface GatewayParticipantOptions {
  readonly secrets: Secrets
  /** What is known of models without the settings saying it. */
  readonly shipped: ShippedCatalogue
  /** For simulated providers; pools and limits are given the time by whoever asks them. */
  readonly clock: Clock
  /** What callers have taken, where it outlives this process. */
  readonly counters?: Counters
  readonly reach: DataPlaneReach
  /** Told what serves, each time that changes. */
  readonly committed?: (gateway: CompiledGateway) => void
}

/** Every section but telemetry. */
export const GATEWAY_KINDS: readonly string[] = SECTIONS.filter((it) => it !== 'telemetry')

export function gatewayParticipant(options: GatewayParticipantOptions): Participant<CompiledGateway> {
  // What was loaded once stays, whatever other settings are looked at meanwhile.
  let engines: GuardEngines = { regex: null, schemas: null }
  return {
    kinds: GATEWAY_KINDS,
    async load(settings) {
      const [{ regex, schemas }] = await Promise.all([loadGuardEngines(settings), loadPublished(settings)])
      engines = { regex: regex ?? engines.regex, schemas: schemas ?? engines.schemas }
      await checkAhead(settings, GATEWAY_KINDS)
    },
    validate: (input) => [
      ...checkSettings(input.settings, GATEWAY_KINDS),
      ...checkReferences(input.settings, input.previous),
      ...checkGuardrails(input.settings, engines),
      ...checkPublished(input),
      ...checkCatalogue(input.settings, options.shipped),
      ...checkAccess(input, options.reach),
    ],
    async prepare(input) {
      refuseExposed(options.reach, input)
      await resolveSecrets(options.secrets, input)
      await preparePublished(input.settings, input.version)
      const guards = await loadGuards(input.settings, input.version)
      const { settings, version, carry } = input
      const { secrets, clock, shipped } = options
      const shared = (input.parts['counters'] as CountersPart | undefined)?.store ?? null
      const { counters } = options
      return compileGateway({ settings, version, carry, secrets, clock, shipped, guards, shared, counters })
    },
    describe: describeRouting,
    ...(options.committed === undefined ? {} : { committed: options.committed }),
  }
}

/** Asked again where nothing is validated any more: a version of an earlier start, which listened elsewhere. */
function refuseExposed(reach: DataPlaneReach, { settings, version }: PrepareInput): void {
  const issue = exposedBy(settings, reach)
  if (issue === null) return
  throw new ReloadError('prepare.failed', { participant: 'gateway', version }, { issues: [issue] })
}

/** A reload that needs a secret which is not there is refused, with every place that names it. */
async function resolveSecrets(secrets: Secrets, input: PrepareInput): Promise<void> {
  const places = [
    ...referencesOfProviders(entriesOf(input.settings, 'providers', providerSpec)),
    ...referencesOfGuardrails(input.settings),
    ...referencesOfCaches(entriesOf(input.settings, 'cache', cacheSpec)),
    ...referencesOfMeasures(entryOf(input.settings, ['rollout', 'analysis'], analysisSpec)),
  ]
  await resolveOrThrow(secrets, places, { participant: 'gateway', version: input.version })
}

export interface ReferencePlace {
  readonly text: string
  readonly steps: readonly string[]
}

/** Of the measures that others take: asked for while a later version is on trial, and looked up now. */
function referencesOfMeasures(analysis: AnalysisSettings | undefined): readonly ReferencePlace[] {
  return Object.entries(analysis?.external ?? {}).flatMap(([name, { authorization }]) =>
    authorization === undefined
      ? []
      : [{ text: authorization, steps: ['rollout', 'analysis', 'external', name, 'authorization'] }],
  )
}

/** Throws `prepare.failed` with an issue for each place that names a secret which cannot be read. */
export async function resolveOrThrow(
  secrets: Secrets,
  places: readonly ReferencePlace[],
  attempt: { readonly participant: string; readonly version: string },
): Promise<void> {
  const references = new Set(places.flatMap((it) => secretReferencesIn(it.text)))
  const troubles = await secrets.resolve(references)
  if (troubles.length === 0) return
  const causes = new Map(troubles.map((it) => [it.reference, it.cause]))
  const issues = places.flatMap((place) =>
    secretReferencesIn(place.text)
      .filter((it) => causes.has(it))
      .map((it) => issueOf(it, place.steps, causes.get(it))),
  )
  throw new ReloadError('prepare.failed', attempt, { issues, cause: troubles[0]?.cause })
}

/** Of what can be read and is refused, why. */
function issueOf(reference: string, steps: readonly string[], cause: unknown): Issue {
  const pointer = steps.reduce<string>((at, step) => pointTo(at, step), '')
  if (isGatewayError(cause) && cause.code !== 'settings.secret_missing')
    return { code: cause.code, message: `${pointer}: ${cause.message}`, pointer }
  const message = sayError('settings.secret_missing', { reference, pointer })
  return { code: 'settings.secret_missing', message, pointer }
}

/**
 * For the swap's span: the routes whose split is not what it was, as they are now, and their names.
 * A new model that can be called by its own name is no news.
 */
export function describeRouting(now: CompiledGateway, before: CompiledGateway | null): Attributes {
  // An alias is the same route once more.
  const found = new Set<CompiledRoute>()
  now.routes.forEach((it) => {
    const was = before?.routes.get(it.name)
    if (was === it) return
    const isNews = was === undefined ? it.rule !== `${it.name}: ${it.name}=100%` : was.rule !== it.rule
    if (isNews) found.add(it)
  })
  if (found.size === 0) return {}
  const changed = [...found]
  return {
    'routing.rule_changed': changed.map((it) => it.rule).join('; '),
    'routing.rule_ids': changed.map((it) => it.name),
  }
}
