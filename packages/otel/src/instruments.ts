/**
 * Every metric this product emits: kind, unit, meaning and buckets, in one table.
 *
 * The meter looks an instrument up here on first use; `/metrics`, OTLP and the reference page are made
 * from the same row. Units are UCUM, durations are seconds, sizes are bytes.
 *
 * A name that is not listed still works (a counter, histogram or gauge by how it is used), without a
 * meaning: telemetry of an embedding service may have names of its own.
 */
export type InstrumentKind = 'counter' | 'updown' | 'gauge' | 'histogram'

export interface Instrument {
  readonly name: string
  readonly kind: InstrumentKind
  readonly unit: string
  readonly meaning: string
  readonly attributes: readonly string[]
  readonly buckets?: readonly number[]
}

/** Seconds of a request: what OpenTelemetry advises for HTTP, and finer below 5 ms, where a gateway's own time lies. */
const REQUEST_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60,
]
/** As the GenAI conventions advise. */
const OPERATION_SECONDS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
]
const FIRST_TOKEN_SECONDS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
]
const TOKENS = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
]
const RELOAD_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900,
]
/** Where a histogram is not in the table. */
export const DEFAULT_BUCKETS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000]

const reloadInstruments: readonly Instrument[] = [
  {
    name: 'reload.attempts',
    kind: 'counter',
    unit: '{attempt}',
    meaning: 'Attempts that ended, by how',
    attributes: ['reload.status', 'reload.trigger'],
  },
  {
    name: 'reload.duration',
    kind: 'histogram',
    unit: 's',
    meaning: 'Time of each stage of an attempt',
    attributes: ['reload.stage'],
    buckets: RELOAD_SECONDS,
  },
  {
    name: 'reload.converge.duration',
    kind: 'histogram',
    unit: 's',
    meaning:
      "Time from the issue of a version, by its publisher's clock, to its swap here; over a fleet the largest is how long it takes to agree",
    attributes: [],
    buckets: RELOAD_SECONDS,
  },
  {
    name: 'config.info',
    kind: 'gauge',
    unit: '',
    meaning: 'Always 1; the version in force is its label',
    attributes: ['config.version', 'config.scope'],
  },
  {
    name: 'config.age',
    kind: 'gauge',
    unit: 's',
    meaning: 'Time since the version in force took over',
    attributes: ['config.scope'],
  },
  {
    name: 'config.stale',
    kind: 'gauge',
    unit: '',
    meaning: '1 when a source of the settings cannot be read',
    attributes: ['config.scope'],
  },
  {
    name: 'reload.quarantined',
    kind: 'gauge',
    unit: '{version}',
    meaning: 'Versions in quarantine',
    attributes: [],
  },
  {
    name: 'reload.generations',
    kind: 'gauge',
    unit: '{generation}',
    meaning: 'Snapshots that are alive',
    attributes: [],
  },
  {
    name: 'reload.generations.limit',
    kind: 'gauge',
    unit: '{generation}',
    meaning: 'Snapshots that may be alive; at the limit a reload waits for one to drain',
    attributes: [],
  },
  {
    name: 'reload.release.failures',
    kind: 'counter',
    unit: '{failure}',
    meaning:
      'Parts and resources of versions that are gone which threw, or took too long, when they were to be let go',
    attributes: [],
  },
  {
    name: 'reload.pinned_requests',
    kind: 'gauge',
    unit: '{request}',
    meaning: 'Requests that hold a snapshot',
    attributes: ['config.version'],
  },
  {
    name: 'reload.breaker.state',
    kind: 'gauge',
    unit: '',
    meaning: 'Breaker against reload storms: 0 closed, 1 half open, 2 open',
    attributes: [],
  },
  {
    name: 'reload.store.lag',
    kind: 'gauge',
    unit: 's',
    meaning:
      'Time since the state store could last be read; it is looked at once a minute while nothing else goes on',
    attributes: [],
  },
]

const gatewayInstruments: readonly Instrument[] = [
  {
    name: 'http.server.request.duration',
    kind: 'histogram',
    unit: 's',
    meaning: 'Time of a request of a client, to its last byte',
    attributes: ['http.request.method', 'http.route', 'http.response.status_code', 'error.type'],
    buckets: REQUEST_SECONDS,
  },
  {
    name: 'gen_ai.client.operation.duration',
    kind: 'histogram',
    unit: 's',
    meaning: 'Time of one attempt at a provider',
    attributes: ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model', 'error.type'],
    buckets: OPERATION_SECONDS,
  },
  {
    name: 'gen_ai.client.token.usage',
    kind: 'histogram',
    unit: '{token}',
    meaning: 'Tokens of one operation',
    attributes: [
      'gen_ai.operation.name',
      'gen_ai.provider.name',
      'gen_ai.request.model',
      'gen_ai.token.type',
    ],
    buckets: TOKENS,
  },
  {
    name: 'gen_ai.server.time_to_first_token',
    kind: 'histogram',
    unit: 's',
    meaning: 'Time from an attempt at a provider to the first token of its stream',
    attributes: ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model'],
    buckets: FIRST_TOKEN_SECONDS,
  },
  {
    name: 'changeover.cost',
    kind: 'counter',
    unit: '{USD}',
    meaning: 'What calls cost, at the prices of the version that each ran under',
    attributes: ['changeover.target', 'config.version'],
  },
  {
    name: 'changeover.requests',
    kind: 'counter',
    unit: '{request}',
    meaning: 'Requests that ended, by route, outcome and version',
    attributes: ['changeover.route', 'changeover.outcome', 'config.version', 'config.candidate'],
  },
  {
    name: 'changeover.upstream.attempts',
    kind: 'counter',
    unit: '{attempt}',
    meaning: 'Attempts at providers, by target and outcome',
    attributes: ['changeover.target', 'changeover.outcome'],
  },
  {
    name: 'changeover.cache.lookups',
    kind: 'counter',
    unit: '{request}',
    meaning:
      'Requests of routes that keep answers, by what became of them: exact, semantic, joined, miss, bypass',
    attributes: ['changeover.cache', 'changeover.outcome'],
  },
  {
    name: 'changeover.cache.saved',
    kind: 'counter',
    unit: '{USD}',
    meaning: 'What answers had cost that were given again',
    attributes: ['changeover.cache'],
  },
  {
    name: 'changeover.cache.size',
    kind: 'gauge',
    unit: 'By',
    meaning: 'Memory that kept answers take; of those in Redis, Redis knows',
    attributes: ['changeover.cache'],
  },
  {
    name: 'changeover.guard.findings',
    kind: 'counter',
    unit: '{finding}',
    meaning:
      'What guardrails found, by guard and by what it did: blocked, masked, unmasked, noted, shadowed, unsure',
    attributes: ['changeover.guard', 'changeover.outcome', 'config.version'],
  },
  {
    name: 'changeover.guard.held',
    kind: 'histogram',
    unit: '{character}',
    meaning: 'Most characters of an answer that guardrails held back at once',
    attributes: ['changeover.route'],
    buckets: [0, 1, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16_384, 65_536],
  },
  {
    name: 'changeover.guard.held.duration',
    kind: 'histogram',
    unit: 's',
    meaning: 'Longest that a part of an answer was held back by guardrails',
    attributes: ['changeover.route'],
    buckets: [0, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  {
    name: 'changeover.limit.refusals',
    kind: 'counter',
    unit: '{request}',
    meaning: 'Requests that a limit or a budget refused, by its entry',
    attributes: ['changeover.limit'],
  },
  {
    name: 'changeover.limit.tokens',
    kind: 'counter',
    unit: '{token}',
    meaning: 'Tokens of calls that limits or budgets count tokens or money of: held before, used in the end',
    attributes: ['changeover.outcome'],
  },
  {
    name: 'changeover.budget.used',
    kind: 'gauge',
    unit: '1',
    meaning: 'Share of the budget of a tenant that is used or held; of at most 500 of them',
    attributes: ['changeover.budget', 'changeover.tenant'],
  },
  {
    name: 'changeover.counters.takes',
    kind: 'counter',
    unit: '{take}',
    meaning: 'Takes from counts that several gateways share: taken, short, or the server was not reached',
    attributes: ['changeover.counters.store', 'changeover.outcome'],
  },
  {
    name: 'changeover.counters.duration',
    kind: 'histogram',
    unit: 's',
    meaning: 'How long calls waited for counts that several gateways share',
    attributes: ['changeover.counters.store', 'changeover.outcome'],
    buckets: REQUEST_SECONDS,
  },
  {
    name: 'changeover.counters.up',
    kind: 'gauge',
    unit: '1',
    meaning: 'Whether the server of shared counts answers: 1 or 0',
    attributes: ['changeover.counters.store'],
  },
  {
    name: 'changeover.counters.untold',
    kind: 'gauge',
    unit: '{count}',
    meaning: 'Counts with corrections that the server of shared counts has not been told yet',
    attributes: ['changeover.counters.store'],
  },
  {
    name: 'changeover.calls.dropped',
    kind: 'counter',
    unit: '{call}',
    meaning: 'Call records that were not written',
    attributes: ['changeover.reason'],
  },
  {
    name: 'changeover.telemetry.dropped',
    kind: 'counter',
    unit: '{item}',
    meaning: 'Spans, log records and metric points that were lost, by signal and reason',
    attributes: ['changeover.signal', 'changeover.reason'],
  },
]

/** Sorted as the reference page shows them. */
export const instruments: readonly Instrument[] = [...reloadInstruments, ...gatewayInstruments]
