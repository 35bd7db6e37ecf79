/**
 * How settings of rollouts are seen to change: in what the gateway says of how the next change would come in. The
 * journeys of rollouts show that it then comes in so.
 *
 * Each row leaves a gateway whose next change comes in at once: a policy that stayed would try the next row's change on a
 * few callers.
 */
import type { RolloutPage } from '@changeover/sdk'
import type { Tree } from '../settings-text.ts'
import type { Seen, SettingChange } from './world.ts'

type Pick = (page: RolloutPage) => unknown

const CLEAN = { policy: null, analysis: null, changes: null, freeze: null }
const HOUR_MS = 3_600_000

/** Says it, and makes the next change come in at once again. */
function look(pick: Pick): (seen: Seen) => Promise<unknown> {
  return async ({ world: { gateway } }) => {
    const page = await gateway.admin.ask('readRollout')
    const cleaned = await gateway.ask('/v1/settings?force=true', {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ rollout: CLEAN }),
    })
    if (!cleaned.ok) throw new Error(`${cleaned.status} ${await cleaned.text()}`)
    const { rollout } = await gateway.admin.ask('readRollout')
    if (rollout !== null && rollout.state === 'baking') {
      await gateway.admin
        .ask('promoteReload', { params: { attempt: rollout.attempt }, body: { to: 'confirmed' } })
        // Confirmed by itself in this very moment.
        .catch(() => undefined)
    }
    await gateway.idle()
    return pick(page)
  }
}

const inForce = (rollout: Tree) => ({ more: { rollout } })

interface Row {
  readonly setting: string
  readonly effect: string
  readonly from?: Tree
  readonly to: Tree
  readonly pick: Pick
  readonly was: unknown
  readonly becomes: unknown
}

const row = ({ setting, effect, from, to, pick, was, becomes }: Row): SettingChange => ({
  setting: `/rollout/${setting}`,
  effect,
  from: from === undefined ? {} : inForce(from),
  to: inForce(to),
  see: look(pick),
  was,
  becomes,
})

/** A step to all of the traffic: who is left to be tried on is nobody. */
const WHOLE = { steps: [{ share: 1, forMs: 1 }] }

const policyRows: readonly Row[] = [
  {
    setting: 'policy/strategy',
    effect: 'the next change comes in so',
    to: { policy: { strategy: 'canary', ...WHOLE } },
    pick: ({ policy }) => policy.strategy,
    was: 'allAtOnce',
    becomes: 'canary',
  },
  {
    setting: 'policy/unit',
    effect: 'the next canary takes this as one',
    to: { policy: { unit: 'tenant' } },
    pick: ({ policy }) => policy.unit,
    was: 'request',
    becomes: 'tenant',
  },
  {
    setting: 'policy/steps/#/share',
    effect: 'the next canary has this share',
    to: { policy: { steps: [{ share: 0.01 }] } },
    pick: ({ policy }) => policy.steps[0]?.share,
    was: 0.05,
    becomes: 0.01,
  },
  {
    setting: 'policy/steps/#/forMs',
    effect: 'the next canary has that share for so long',
    to: { policy: { steps: [{ share: 0.05, forMs: 7000 }] } },
    pick: ({ policy }) => policy.steps[0]?.forMs,
    was: 600_000,
    becomes: 7000,
  },
  {
    setting: 'policy/forMs',
    effect: 'the next version that stands beside takes all after this time',
    to: { policy: { forMs: 7000 } },
    pick: ({ policy }) => policy.forMs,
    was: null,
    becomes: 7000,
  },
  {
    setting: 'policy/meanwhile',
    effect: 'a change during the next rollout is treated so',
    to: { policy: { meanwhile: 'queue' } },
    pick: ({ policy }) => policy.meanwhile,
    was: 'supersede',
    becomes: 'queue',
  },
  {
    setting: 'policy/copies',
    effect: 'beside the next shadow copies of this part of the calls go to its providers',
    to: { policy: { copies: 0.5 } },
    pick: ({ policy }) => policy.copies,
    was: 0,
    becomes: 0.5,
  },
  {
    setting: 'policy/confirmWithinMs',
    effect: 'the next version goes back by itself unless somebody promotes it within this time',
    to: { policy: { confirmWithinMs: 600_000 } },
    pick: ({ policy }) => policy.confirmWithinMs,
    was: null,
    becomes: 600_000,
  },
]

const analysisRows: readonly Row[] = [
  {
    setting: 'analysis/everyMs',
    effect: 'the next rollout is judged so often',
    to: { analysis: { everyMs: 250 } },
    pick: ({ policy }) => policy.analysis.everyMs,
    was: 1000,
    becomes: 250,
  },
  {
    setting: 'analysis/falseAlarms',
    effect: 'the next rollout of a good change is taken back by mistake as rarely',
    to: { analysis: { falseAlarms: 0.001 } },
    pick: ({ policy }) => policy.analysis.falseAlarms,
    was: 0.01,
    becomes: 0.001,
  },
  {
    setting: 'analysis/pass',
    effect: 'the next version has to show this to go on',
    to: { analysis: { pass: 'shown' } },
    pick: ({ policy }) => policy.analysis.pass,
    was: 'noHarm',
    becomes: 'shown',
  },
  {
    setting: 'analysis/onInconclusive',
    effect: 'a step of the next rollout of which nothing can be said ends so',
    to: { analysis: { onInconclusive: 'pause' } },
    pick: ({ policy }) => policy.analysis.onInconclusive,
    was: 'extend',
    becomes: 'pause',
  },
  {
    setting: 'analysis/extendMs',
    effect: 'such a step lasts so much longer',
    to: { analysis: { extendMs: 5000 } },
    pick: ({ policy }) => policy.analysis.extendMs,
    was: 1_200_000,
    becomes: 5000,
  },
  {
    setting: 'analysis/measures/*/tolerance',
    effect: 'the next version may be so much worse in this',
    to: { analysis: { measures: { latency_ms: { tolerance: 0.5 } } } },
    pick: ({ policy }) => policy.analysis.measures['latency_ms']?.tolerance,
    was: undefined,
    becomes: 0.5,
  },
  {
    setting: 'analysis/measures/*/minSamples',
    effect: 'nothing is concluded of the next version before so many calls',
    to: { analysis: { measures: { latency_ms: { minSamples: 500 } } } },
    pick: ({ policy }) => policy.analysis.measures['latency_ms']?.minSamples,
    was: undefined,
    becomes: 500,
  },
  {
    setting: 'analysis/measures/*/off',
    effect: 'the next version is not judged by this, or is again',
    to: { analysis: { measures: { latency_ms: { off: true } } } },
    pick: ({ policy }) => policy.analysis.measures['latency_ms']?.off,
    was: undefined,
    becomes: true,
  },
]

const BUDGET = { objective: 0.999, factor: 14.4, longMs: 60_000, shortMs: 5000, minSamples: 50 }

/** An error budget, one field of which changes. */
const burnRate = (field: keyof typeof BUDGET, effect: string, becomes: number): Row => ({
  setting: `analysis/burnRate/${field}`,
  effect,
  from: { analysis: { burnRate: BUDGET } },
  to: { analysis: { burnRate: { ...BUDGET, [field]: becomes } } },
  pick: ({ policy }) => policy.analysis.burnRate?.[field],
  was: BUDGET[field],
  becomes,
})

const burnRateRows: readonly Row[] = [
  burnRate('objective', 'of the next version so few calls may fail', 0.99),
  burnRate('factor', 'the next version may spend its error budget so fast', 6),
  burnRate('longMs', 'that is looked at over so long a time', 30_000),
  burnRate('shortMs', 'and over so short a one', 1000),
  burnRate('minSamples', 'once the next version has answered so many calls', 200),
]

const WEBHOOK = { source: 'webhook', url: 'http://127.0.0.1:9/one' }
const PROMETHEUS = { source: 'prometheus', url: 'http://127.0.0.1:9', value: 'up{v="${version}"}' }

interface ExternalRow {
  readonly field: string
  readonly effect: string
  readonly of?: Tree
  readonly to: Tree
  readonly was: unknown
  readonly becomes: unknown
}

/** A measure that others take, one field of which changes. Nobody is asked: the next change comes in at once. */
const external = ({ field, effect, of = WEBHOOK, to, was, becomes }: ExternalRow): Row => ({
  setting: `analysis/external/*/${field}`,
  effect,
  from: { analysis: { external: { score: of } } },
  // Whole: looking takes away what was there.
  to: { analysis: { external: { score: { ...of, ...to } } } },
  pick: ({ policy }) =>
    Object.entries(policy.analysis.external['score'] ?? {}).find(([it]) => it === field)?.[1],
  was,
  becomes,
})

const externalRows: readonly Row[] = [
  external({
    field: 'source',
    effect: 'the next version is compared by what this one says',
    to: PROMETHEUS,
    was: 'webhook',
    becomes: 'prometheus',
  }),
  external({
    field: 'url',
    effect: 'it is asked there during the next rollout',
    to: { url: 'http://127.0.0.1:9/two' },
    was: WEBHOOK.url,
    becomes: 'http://127.0.0.1:9/two',
  }),
  external({
    field: 'value',
    effect: 'the next version is compared by this query',
    of: PROMETHEUS,
    to: { value: 'down{v="${version}"}' },
    was: PROMETHEUS.value,
    becomes: 'down{v="${version}"}',
  }),
  external({
    field: 'samples',
    effect: 'how much the next readings count is asked so',
    of: PROMETHEUS,
    to: { samples: 'count{v="${version}"}' },
    was: null,
    becomes: 'count{v="${version}"}',
  }),
  external({
    field: 'authorization',
    effect: 'it is asked with this header during the next rollout',
    to: { authorization: 'Bearer ${env:KEY_ONE}' },
    was: null,
    becomes: 'Bearer ${env:KEY_ONE}',
  }),
  external({
    field: 'everyMs',
    effect: 'it is asked so often during the next rollout',
    to: { everyMs: 30_000 },
    was: 10_000,
    becomes: 30_000,
  }),
  external({
    field: 'timeoutMs',
    effect: 'during the next rollout an answer is waited for so long',
    to: { timeoutMs: 1000 },
    was: 5000,
    becomes: 1000,
  }),
  external({
    field: 'kind',
    effect: 'its number is taken for this during the next rollout',
    to: { kind: 'proportion' },
    was: 'amount',
    becomes: 'proportion',
  }),
  external({
    field: 'worse',
    effect: 'the next version is worse when its number is so',
    to: { worse: 'lower' },
    was: 'higher',
    becomes: 'lower',
  }),
  external({
    field: 'tolerance',
    effect: 'the next version may be so much worse in this',
    to: { tolerance: 0.5 },
    was: 0.1,
    becomes: 0.5,
  }),
  external({
    field: 'minSamples',
    effect: 'nothing is concluded of the next version from fewer samples',
    to: { minSamples: 500 },
    was: 50,
    becomes: 500,
  }),
]

/** What changes of contexts say for themselves, in place of the policy. */
const byKind = (says: Tree): Tree => ({ changes: { contexts: { strategy: 'canary', ...WHOLE, ...says } } })
const ofKind =
  (pick: (it: RolloutPage['policy']['changes'][string]) => unknown): Pick =>
  ({ policy }) => {
    const said = policy.changes['contexts']
    return said === undefined ? null : pick(said)
  }

const kindRows: readonly Row[] = [
  {
    setting: 'changes/*/strategy',
    effect: 'the next change of this section comes in so',
    to: byKind({}),
    pick: ofKind((it) => it.strategy),
    was: null,
    becomes: 'canary',
  },
  {
    setting: 'changes/*/unit',
    effect: 'the next canary of such a change takes this as one',
    to: byKind({ unit: 'key' }),
    pick: ofKind((it) => it.unit),
    was: null,
    becomes: 'key',
  },
  {
    setting: 'changes/*/steps/#/share',
    effect: 'the next canary of such a change has this share',
    to: byKind({ steps: [{ share: 0.02 }] }),
    pick: ofKind((it) => it.steps?.[0]?.share),
    was: null,
    becomes: 0.02,
  },
  {
    setting: 'changes/*/steps/#/forMs',
    effect: 'the next canary of such a change has that share for so long',
    to: byKind({ steps: [{ share: 0.02, forMs: 9000 }] }),
    pick: ofKind((it) => it.steps?.[0]?.forMs),
    was: null,
    becomes: 9000,
  },
  {
    setting: 'changes/*/forMs',
    effect: 'such a change stands beside for so long before it takes all',
    to: byKind({ strategy: 'blueGreen', forMs: 9000 }),
    pick: ofKind((it) => it.forMs),
    was: null,
    becomes: 9000,
  },
]

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** The hour so many from now, as a window writes it. */
const hour = (more: number): string =>
  `${new Date(Date.now() + more * HOUR_MS).toISOString().slice(11, 13)}:00`
/** The days from so many before today to so many after. */
const days = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => {
    const day = new Date(Date.now() + (from + i) * 24 * HOUR_MS).getUTCDay()
    return DAYS[day] ?? 'mon'
  })
const window = (it: Tree): Tree => ({ freeze: { windows: [it] } })
const isFrozen: Pick = ({ frozen }) => frozen !== null

const freezeRows: readonly Row[] = [
  {
    setting: 'freeze/windows/#/days',
    effect: 'no change comes in on these days',
    from: window({ days: days(3, 4) }),
    to: window({ days: days(-1, 1) }),
    pick: isFrozen,
    was: false,
    becomes: true,
  },
  {
    setting: 'freeze/windows/#/from',
    effect: 'no change comes in from then on',
    from: window({ from: hour(5), to: hour(6) }),
    to: window({ from: hour(-1), to: hour(6) }),
    pick: isFrozen,
    was: false,
    becomes: true,
  },
  {
    setting: 'freeze/windows/#/to',
    effect: 'no change comes in until then',
    from: window({ from: hour(-3), to: hour(-2) }),
    to: window({ from: hour(-3), to: hour(3) }),
    pick: isFrozen,
    was: false,
    becomes: true,
  },
  {
    setting: 'freeze/windows/#/timeZone',
    effect: 'the hours are those of this place',
    from: window({ from: hour(-2), to: hour(3), timeZone: 'Etc/GMT+12' }),
    to: window({ from: hour(-2), to: hour(3), timeZone: 'UTC' }),
    pick: isFrozen,
    was: false,
    becomes: true,
  },
  {
    setting: 'freeze/windows/#/reason',
    effect: 'whoever is refused is told this',
    from: window({ reason: 'the sale' }),
    to: window({ reason: 'the audit' }),
    pick: ({ frozen }) => frozen?.reason,
    was: 'the sale',
    becomes: 'the audit',
  },
  {
    setting: 'freeze/changes',
    effect: 'a change in such a time is refused, or waits for its end',
    from: window({}),
    to: { freeze: { windows: [{}], changes: 'wait' } },
    pick: ({ frozen }) => frozen?.changes,
    was: 'refuse',
    becomes: 'wait',
  },
]

export const rolloutChanges: readonly SettingChange[] = [
  ...policyRows,
  ...analysisRows,
  ...burnRateRows,
  ...externalRows,
  ...kindRows,
  ...freezeRows,
].map(row)
