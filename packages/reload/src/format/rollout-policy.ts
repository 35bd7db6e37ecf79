/**
 * The manifest's `rollout`: strict like the rest of it. What belongs to another strategy is refused rather than
 * overlooked, because a publisher who writes steps for a version that comes in at once believes in steps.
 *
 * Not here: what absent fields mean (`rollout/plan.ts`).
 */
import type { Json } from '../contract/payload.ts'
import * as check from './check.ts'
import { parseInstant } from './instant.ts'
import { pointTo } from './pointer.ts'

const { objectOf, listOf, mapOf, orNull, oneOf, text, integer, milliseconds, flag, numberIn } = check

/** More steps than anybody watches. */
const MOST_STEPS = 100
const MOST_MEASURES = 100
/** Each is asked over the network, again and again. */
const MOST_EXTERNAL = 20
const LONGEST_QUERY = 4_000
const LONGEST_ADDRESS = 2_000
const MOST_SAMPLES = 1_000_000_000
/** A hundred times as bad. */
const WIDEST_TOLERANCE = 100

/** Short windows in a long one: it is remembered in pieces of the short one. */
const MOST_WINDOWS = 100

const share = numberIn({ least: 0.0001, most: 1, expected: 'a share from 0.0001 to 1' })
const step = objectOf({ required: { share, forMs: orNull(milliseconds(1)) } })
const tolerance = numberIn({
  least: 0,
  most: WIDEST_TOLERANCE,
  expected: `a number from 0 to ${WIDEST_TOLERANCE}`,
})
const minSamples = integer(1, MOST_SAMPLES)
const measure = objectOf({ optional: { tolerance, minSamples, off: flag } })
const query = text({ expected: 'a query', longest: LONGEST_QUERY, shape: /\S/ })
const external = objectOf(
  {
    required: {
      source: oneOf('webhook', 'prometheus'),
      url: text({
        expected: 'an http or https URL without user, query and fragment',
        longest: LONGEST_ADDRESS,
        shape: /^https?:\/\/[^\s?#@]+$/,
        accepts: URL.canParse,
        hidden: true,
      }),
    },
    optional: {
      value: query,
      samples: query,
      // A payload is kept for ever and shown to people: it names a secret and never holds one.
      authorization: text({
        expected: 'text with a reference in it, such as "Bearer ${env:NAME}"',
        longest: LONGEST_ADDRESS,
        shape: /^[^\r\n]*\$\{[^}\r\n]+\}[^\r\n]*$/,
        hidden: true,
      }),
      everyMs: milliseconds(10),
      timeoutMs: milliseconds(1),
      kind: oneOf('proportion', 'amount'),
      worse: oneOf('higher', 'lower', 'either'),
      tolerance,
      minSamples,
    },
  },
  compareSource,
)
const analysis = objectOf({
  optional: {
    everyMs: milliseconds(10),
    falseAlarms: numberIn({ least: 1e-9, most: 0.5, expected: 'a probability above 0, at most 0.5' }),
    pass: oneOf('noHarm', 'shown'),
    measures: mapOf(measure, 'measures', MOST_MEASURES),
    external: mapOf(external, 'external measures', MOST_EXTERNAL),
    onInconclusive: oneOf('extend', 'pause'),
    extendMs: milliseconds(0),
  },
})

const burnRate = objectOf(
  {
    required: {
      objective: numberIn({ least: 0.01, most: 0.999_999, expected: 'a part from 0.01 to 0.999999' }),
      factor: numberIn({ least: 1, most: 1_000_000, expected: 'a number from 1' }),
      longMs: milliseconds(1),
      shortMs: milliseconds(1),
    },
    optional: { minSamples },
  },
  compareWindows,
)

export const rolloutPolicy: check.Check = objectOf(
  {
    required: { strategy: oneOf('allAtOnce', 'canary', 'blueGreen', 'shadow') },
    optional: {
      bakeMs: milliseconds(0),
      unit: oneOf('request', 'session', 'tenant', 'key'),
      steps: listOf(step, 'steps', MOST_STEPS, 1),
      forMs: orNull(milliseconds(1)),
      analysis,
      burnRate,
      meanwhile: oneOf('supersede', 'queue', 'refuse'),
      startAt: orNull(
        text({
          expected: 'an RFC 3339 instant such as "2026-01-31T09:30:00Z"',
          longest: 40,
          accepts: (it) => parseInstant(it) !== null,
        }),
      ),
    },
  },
  compareFields,
)

function compareFields(policy: { readonly [key: string]: Json }, at: string, findings: check.Findings): void {
  const { strategy, steps } = policy
  if (strategy === 'canary' && steps === undefined) findings.expected(`${at}/steps`, 'nothing', 'this field')
  for (const [field, fits] of FIELD_OF) {
    if (policy[field] === undefined || typeof strategy !== 'string' || fits.includes(strategy)) continue
    findings.expected(`${at}/${field}`, `a field of ${fits.join(' and ')}`, `none with "${strategy}"`)
  }
  compareSteps(steps, `${at}/steps`, findings)
}

/** Fields that mean nothing to other strategies. */
const FIELD_OF: readonly (readonly [field: string, strategies: readonly string[]])[] = [
  ['unit', ['canary']],
  ['steps', ['canary']],
  ['forMs', ['blueGreen', 'shadow']],
  ['analysis', ['canary', 'shadow']],
]

/** Only Prometheus is asked queries, and it has to be asked one. */
function compareSource(it: { readonly [key: string]: Json }, at: string, findings: check.Findings): void {
  if (it['source'] === 'prometheus' && it['value'] === undefined) {
    findings.expected(`${at}/value`, 'nothing', 'this field')
  }
  for (const field of ['value', 'samples']) {
    if (it['source'] !== 'webhook' || it[field] === undefined) continue
    findings.expected(`${at}/${field}`, 'a field of prometheus', 'none with "webhook"')
  }
}

/** A short window tells whether it still goes on: longer than the long one it tells nothing. */
function compareWindows(it: { readonly [key: string]: Json }, at: string, findings: check.Findings): void {
  const { longMs, shortMs } = it
  if (typeof longMs !== 'number' || typeof shortMs !== 'number') return
  if (shortMs > longMs) findings.expected(`${at}/shortMs`, String(shortMs), `at most ${longMs}, the long one`)
  if (shortMs * MOST_WINDOWS < longMs) {
    findings.expected(
      `${at}/shortMs`,
      String(shortMs),
      `at least a ${MOST_WINDOWS}th of ${longMs}, the long one`,
    )
  }
}

function compareSteps(steps: Json | undefined, at: string, findings: check.Findings): void {
  if (!Array.isArray(steps)) return
  let before = 0
  steps.forEach((it: Json, i) => {
    const share = check.isObject(it) ? it['share'] : undefined
    if (typeof share !== 'number' || share <= 0) return
    if (share <= before) {
      findings.expected(`${pointTo(at, i)}/share`, String(share), `more than ${before}, the share before it`)
    }
    before = share
  })
}
