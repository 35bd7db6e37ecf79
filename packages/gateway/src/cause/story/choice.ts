/** How a target was chosen, which were passed by, and what became of each attempt. */
import { pointTo, type SettingsTree } from '@changeover/reload'
import type { AttemptReason, CallAttempt, CallRecord, SkippedTarget } from '../../contract/call.ts'
import { leavesAt, valueAt } from '../values.ts'
import { isKept } from './cache.ts'
import { rulesOf } from './route.ts'
import { modelOf, type TellStep } from './step.ts'

/** More than these are told as one: the list of targets. */
const MOST_LEAVES = 8

export const tellChoice: TellStep = (call, settings) => {
  const { route, choice } = call
  if (route === null || choice === null || isKept(call.cache)) return null
  const chosen = sayChosen(call, choice)
  if (chosen === null) return null
  const wishes = sayWishes(call)
  const skipped = (call.skipped ?? []).map(saySkipped)
  return {
    about: 'choice',
    says: [chosen, ...wishes, ...skipped].join('; '),
    pointers: choicePointers(call, route, settings),
  }
}

/** Why nobody was asked; a call that was refused before it came to that was never chosen for. */
const NOBODY: Readonly<Record<string, string>> = {
  'routing.none_allowed': 'none of its targets may be sent this call',
  'upstream.open_breakers': 'all of its targets were at rest',
  'routing.queue_full': 'route or model was full, and so was its queue',
  'routing.queue_timeout': 'route or model was full, and the time in its queue was over',
  'call.out_of_time': 'route or model was full, and the time that the caller gave was over',
}

function sayChosen({ attempts, error }: CallRecord, choice: string): string | null {
  if (attempts.length === 0) return NOBODY[error] ?? null
  const [, shares = choice, strategy] = /^(.*?)(?: by ([a-z-]+))?$/.exec(choice) ?? []
  if (strategy !== undefined) return `chosen by ${strategy} among ${shares}`
  return shares.includes(',')
    ? `drawn by weight: ${shares}`
    : `the only target is ${shares.replace(/=100%$/, '')}`
}

/** What the caller asked for in headers. */
function sayWishes({ asked }: CallRecord): readonly string[] {
  return [
    ...(asked?.sensitive === true ? ['the caller marked it as sensitive'] : []),
    ...(asked?.region === undefined ? [] : [`the caller asked for region ${asked.region}`]),
  ]
}

function choicePointers(call: CallRecord, route: string, settings: SettingsTree): readonly string[] {
  const at = pointTo('/routes', route)
  const rule = rulesOf(call).at(-1)
  const ofRule = rule === undefined ? undefined : pointTo(rule, 'targets')
  const targets =
    ofRule !== undefined && valueAt(settings, ofRule) !== undefined ? ofRule : pointTo(at, 'targets')
  const leaves = leavesAt(settings, targets, MOST_LEAVES + 1)
  const strategies = [rule ?? at, at].map((it) => pointTo(it, 'strategy'))
  const strategy = strategies.find((it) => valueAt(settings, it) !== undefined)
  const bounds = call.error.startsWith('routing.queue_') ? boundsOf(call, at, settings) : []
  return [
    ...bounds,
    ...(leaves.length > MOST_LEAVES ? [targets] : leaves),
    ...(strategy === undefined ? [] : [strategy]),
  ]
}

/** Of the route, and of each model that it names. */
function boundsOf(call: CallRecord, at: string, settings: SettingsTree): readonly string[] {
  const models = (call.choice ?? '').split(', ').map((it) => it.replace(/=.*$/, ''))
  const entries = [at, ...models.map((it) => pointTo('/models', it))]
  return entries.flatMap((it) => leavesAt(settings, pointTo(it, 'concurrency'), MOST_LEAVES))
}

const SKIPPED: Readonly<Record<SkippedTarget['reason'], string>> = {
  breaker: 'its breaker was open',
  ejected: 'it rested, because it did worse than the others',
  sensitive: 'it may not be sent what is sensitive',
  region: 'it is not in the region asked for',
  full: 'it was full',
}

function saySkipped({ target, reason }: SkippedTarget): string {
  return `${target} was passed by: ${SKIPPED[reason]}`
}

/** Settings of the target that answered, or was tried last. */
export const tellTarget: TellStep = (call, settings) => {
  const { target } = call
  if (target === null) return null
  const model = modelOf(target)
  const at = pointTo('/models', model)
  const provider = target.slice(0, target.indexOf('/'))
  const said = valueAt(settings, pointTo(at, 'model'))
  const known = typeof said === 'string' && said !== model ? `, which calls it ${said}` : ''
  const verb = call.error === '' ? 'answered by' : 'last tried'
  return {
    about: 'target',
    says: `${verb} model ${model} of provider ${provider}${known}`,
    pointers: [...leavesAt(settings, at, MOST_LEAVES), pointTo('/providers', provider)],
  }
}

export const tellAttempts: TellStep = (call, settings) => {
  const { attempts, route } = call
  const failed = attempts.filter((it) => it.kind === undefined && it.error !== '')
  const isPlain = attempts.every((it) => it.by === undefined && it.kind !== 'mirror')
  if (failed.length === 0 && isPlain) return null
  const at = route === null ? null : pointTo('/routes', route)
  const used =
    at === null
      ? []
      : [
          ...fallbackPointers(attempts, at),
          ...timeoutPointers(attempts, at, settings),
          ...mirrorPointers(attempts, at),
        ]
  return {
    about: 'attempts',
    says: attempts.map(sayAttempt).join('; '),
    pointers: used.filter((it) => valueAt(settings, it) !== undefined),
  }
}

function fallbackPointers(attempts: readonly CallAttempt[], at: string): readonly string[] {
  const reasons = new Set(attempts.flatMap((it) => (it.by === undefined ? [] : [it.by])))
  const found: string[] = []
  for (const it of reasons) {
    if (it === 'fallback') found.push(pointTo(at, 'fallback'))
    else if (it.startsWith('fallback:')) {
      found.push(pointTo(pointTo(at, 'fallbackFor'), it.slice('fallback:'.length)))
    } else if (it === 'retry') found.push(pointTo(at, 'retries'))
  }
  return found
}

function mirrorPointers(attempts: readonly CallAttempt[], at: string): readonly string[] {
  return attempts.some((it) => it.kind === 'mirror') ? [pointTo(at, 'mirror')] : []
}

/** Those that are written, where one of them was over. */
function timeoutPointers(
  attempts: readonly CallAttempt[],
  at: string,
  settings: SettingsTree,
): readonly string[] {
  const isLate = attempts.some((it) => it.error === 'upstream.timeout' || it.error === 'upstream.connect')
  return isLate ? leavesAt(settings, pointTo(at, 'timeouts'), MOST_LEAVES) : []
}

const BY: Readonly<Record<string, string>> = {
  key: 'with another key',
  retry: 'again',
  other: 'as another target',
  fallback: 'as a fallback',
}

function sayReason(by: AttemptReason): string {
  return BY[by] ?? `as a fallback for ${by.slice('fallback:'.length).replaceAll('_', ' ')}`
}

function sayAttempt(it: CallAttempt): string {
  if (it.kind === 'mirror') return sayCopy(it)
  const how =
    it.kind === undefined ? (it.by === undefined ? '' : ` ${sayReason(it.by)}`) : ` beside it (${it.kind})`
  const end = it.error === '' ? 'answered' : `${it.error}${it.status === null ? '' : ` ${it.status}`}`
  return `${it.target}${how}: ${end} after ${Math.round(it.durationMs)} ms`
}

/** One that was under way when the call ended has no end in its record. */
function sayCopy({ target, status, error, durationMs }: CallAttempt): string {
  const end = error === '' ? 'was answered' : `${error}${status === null ? '' : ` ${status}`}`
  const after = `${end} after ${Math.round(durationMs)} ms`
  return `a copy went to ${target}, which nobody was answered from: it ${status === null && error === '' ? 'was still under way' : after}`
}
