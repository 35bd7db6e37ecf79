/**
 * How each setting of the catalogue is seen to change under load: prices by what a call costs, in its record; the rest,
 * which no request notices, by what the gateway says of itself.
 */
import type { Tree } from '../settings-text.ts'
import type { Seen, SettingChange } from './world.ts'

type Prices = readonly Tree[]

/** Tokens of a request or a reply that such an amount is for, of the thousand each that the provider counts. */
const AMOUNTS = {
  input: 340,
  output: 550,
  cachedInput: 60,
  cacheWrite: 150,
  cacheWriteHour: 50,
  inputAudio: 260,
  cachedAudio: 40,
  outputAudio: 100,
  inputImage: 100,
  outputImage: 150,
  reasoning: 200,
} as const
type Amount = keyof typeof AMOUNTS
const names = Object.keys(AMOUNTS) as readonly Amount[]
const nothing: Tree = Object.fromEntries(names.map((it) => [it, 0]))

const costs = async (seen: Seen) => (await seen.record(await seen.ask('one=all-kinds'))).costMicroUsd

/** A model whose prices change. */
function priced(field: string, prices: readonly [Prices, Prices], [was, becomes]: readonly [number, number]) {
  const setting = `/catalogue/*/prices/#/${field}`
  const entry = `test${setting.replaceAll(/[*#]/g, 'any')}`
  return {
    setting,
    effect: 'the next call costs what is said now',
    from: { a: { catalogue: entry }, more: { catalogue: { [entry]: { prices: prices[0] } } } },
    to: { more: { catalogue: { [entry]: { prices: prices[1] } } } },
    see: costs,
    was,
    becomes,
  } satisfies SettingChange
}

/** One row for each kind of tokens: all others cost nothing, `within` the prices at some place. */
function amounts(prefix: string, within: (amounts: Tree) => Tree): readonly SettingChange[] {
  return names.map((name) => {
    const at = (usd: number): Prices => [within({ ...nothing, [name]: usd })]
    return priced(`${prefix}${name}`, [at(1), at(2)], [AMOUNTS[name], 2 * AMOUNTS[name]])
  })
}

const dear = { input: 9, output: 0 }
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** So far from now that no run comes near them. */
const from = Date.now() - 6 * HOUR_MS
const until = Date.now() + 6 * HOUR_MS
const timeOf = (ms: number): string => new Date(ms).toISOString().slice(11, 16)
/** Dear from the one to the other. */
const hours = (fromMs: number, untilMs: number): Prices => [
  { input: 1, hours: [{ from: timeOf(fromMs), until: timeOf(untilMs), ...dear }] },
]
const wholeDay = (it: Tree): Tree[] => [
  { from: '00:00', until: '12:00', ...it },
  { from: '12:00', until: '00:00', ...it },
]

export const priceChanges: readonly SettingChange[] = [
  priced(
    'from',
    [
      [{ input: 1 }, { from: '2999-01-01', ...dear }],
      [{ input: 1 }, { from: '2020-01-01', ...dear }],
    ],
    [1000, 9000],
  ),
  ...amounts('', (it) => it),
  priced('request', [[{ input: 0, request: 1 }], [{ input: 0, request: 2 }]], [1_000_000, 2_000_000]),
  priced(
    'tools',
    [[{ input: 0, tools: { web_search: 1 } }], [{ input: 0, tools: { web_search: 2 } }]],
    [3_000_000, 6_000_000],
  ),
  priced(
    'above/#/tokens',
    [[{ input: 1, above: [{ tokens: 5000, ...dear }] }], [{ input: 1, above: [{ tokens: 500, ...dear }] }]],
    [1000, 9000],
  ),
  ...amounts('above/#/', (it) => ({ input: 7, above: [{ tokens: 1, ...it }] })),
  priced('hours/#/from', [hours(until - MINUTE_MS, until), hours(from, until)], [1000, 9000]),
  priced('hours/#/until', [hours(from, from + MINUTE_MS), hours(from, until)], [1000, 9000]),
  ...amounts('hours/#/', (it) => ({ input: 7, hours: wholeDay(it) })),
  priced(
    'services',
    [[{ input: 1, services: { flex: 0.5 } }], [{ input: 1, services: { flex: 2 } }]],
    [500, 2000],
  ),
]

/** What is known of a model and no request notices yet. */
function told(field: string, was: Tree[string], becomes: Tree[string]): SettingChange {
  const entry = `test/${field}`
  return {
    setting: `/catalogue/*/${field}`,
    effect: 'no request notices; GET /v1/settings says the new value',
    from: { a: { catalogue: entry }, more: { catalogue: { [entry]: { [field]: was } } } },
    to: { more: { catalogue: { [entry]: { [field]: becomes } } } },
    see: async (seen) => (await seen.settings())['catalogue']?.[entry]?.[field],
    was,
    becomes,
  }
}

export const factChanges: readonly SettingChange[] = [
  told('contextTokens', 1000, 2000),
  told('outputTokens', 100, 200),
  told('takes', ['text'], ['text', 'image']),
  told('gives', ['text'], ['text', 'audio']),
]
