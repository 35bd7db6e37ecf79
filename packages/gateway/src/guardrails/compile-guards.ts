/**
 * The guards of a route: those of its own guardrails and those that a tenant adds, compiled once for as long as their
 * settings stay the same.
 *
 * Not here: who names which guardrail (`pipeline/compile-guardrails.ts`).
 */
import { createHash } from 'node:crypto'
import type { CompiledGuards } from '../contract/guards.ts'
import { planAnswers } from './answer-plan.ts'
import { AnswerRun } from './answer-run.ts'
import { detectorFinder } from './detectors/detector-scan.ts'
import { PII, USUAL_PII } from './detectors/pii.ts'
import { SECRET_NAMES, SECRETS } from './detectors/secrets.ts'
import type { CompiledGuard } from './guard.ts'
import { type SchemaEngine, schemaJudge } from './json-schema.ts'
import { lookAtUnread, openLookAtRequests } from './look-at-request.ts'
import { type RegexEngine, regexFinder } from './regex.ts'
import type { Finder } from './scan.ts'
import { GUARD_DEFAULTS, type GuardrailSpec, type GuardSpec } from './spec.ts'
import { webhookJudge } from './webhook.ts'
import { wordsFinder } from './words.ts'

export interface GuardTools {
  /** `null` where no settings name an expression. */
  readonly regex: RegexEngine | null
  /** `null` where none name a schema. */
  readonly schemas: SchemaEngine | null
  /** The value of a reference to a secret. */
  readonly secret: (reference: string) => string
  readonly fetch: typeof fetch
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Wall milliseconds. */
  readonly wallNow: () => number
}

export interface NamedGuardrail {
  readonly name: string
  readonly settings: GuardrailSpec
}

const CHARS_PER_TOKEN = 4

const known = new WeakMap<
  GuardrailSpec,
  { readonly name: string; readonly guards: readonly CompiledGuard[] }
>()

/** `null` for no guardrails. They look in the order in which they are named. */
export function compileGuards(
  guardrails: readonly NamedGuardrail[],
  tools: GuardTools,
): CompiledGuards | null {
  if (guardrails.length === 0) return null
  const all = guardrails.flatMap((it) => guardsOf(it, tools))
  const mostWorkMs = Math.min(...guardrails.map((it) => it.settings.maxWorkMs))
  const onInput = all.filter((it) => it.onInput)
  const onOutput = all.filter((it) => it.onOutput)
  const { now } = tools
  // What was masked has to be put back, also where nothing else looks at answers.
  const answers = onOutput.length > 0 || onInput.some((it) => it.action === 'mask' && it.unmask)
  const plan = planAnswers({ guards: onOutput, mostWorkMs, now })
  return Object.freeze({
    id: idOf(guardrails),
    input: onInput.length === 0 ? null : openLookAtRequests({ guards: onInput, mostWorkMs, now }),
    unread: lookAtUnread(all),
    output: answers
      ? (looked, leaving) =>
          onOutput.length === 0 && (looked?.masked ?? null) === null
            ? null
            : new AnswerRun(plan, looked, leaving)
      : null,
  } satisfies CompiledGuards)
}

function idOf(guardrails: readonly NamedGuardrail[]): string {
  const text = JSON.stringify(guardrails.map(({ name, settings }) => [name, settings]))
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function guardsOf({ name, settings }: NamedGuardrail, tools: GuardTools): readonly CompiledGuard[] {
  const found = known.get(settings)
  if (found?.name === name) return found.guards
  const kinds = settings.guards.map((it) => it.kind)
  const guards = settings.guards.map((it, i) => {
    const isOnly = kinds.indexOf(it.kind) === kinds.lastIndexOf(it.kind)
    return compileGuard(`${name}/${it.kind}${isOnly ? '' : `-${i + 1}`}`, it, tools)
  })
  known.set(settings, { name, guards })
  return guards
}

function compileGuard(name: string, it: GuardSpec, tools: GuardTools): CompiledGuard {
  return Object.freeze({
    name,
    action: it.action,
    onInput: it.on !== 'output' && it.kind !== 'jsonSchema',
    onOutput: it.on !== 'input',
    unmask: it.unmask,
    message: it.message ?? '',
    failure: it.failure,
    finder: finderOf(it, tools),
    judge: judgeOf(name, it, tools),
    size: it.kind === 'maxSize' ? { mostChars: it.maxChars ?? (it.maxTokens ?? 0) * CHARS_PER_TOKEN } : null,
    maxHoldMs: it.maxHoldMs ?? null,
  } satisfies CompiledGuard)
}

function finderOf(it: GuardSpec, { regex }: GuardTools): Finder | null {
  const label = it.label ?? 'MASKED'
  if (it.kind === 'regex') {
    if (regex === null) throw new TypeError('an expression is compiled before its engine was loaded')
    const { patterns = [], ignoreCase = false, windowChars = GUARD_DEFAULTS.windowChars } = it
    return regexFinder(regex, { patterns, ignoreCase, windowChars, label })
  }
  if (it.kind === 'deny')
    return wordsFinder({ words: it.words ?? [], wholeWords: it.wholeWords ?? true, label })
  if (it.kind === 'pii') return detectorFinder((it.pii ?? USUAL_PII).map((name) => PII[name]))
  return it.kind === 'secrets'
    ? detectorFinder((it.secrets ?? SECRET_NAMES).map((name) => SECRETS[name]))
    : null
}

function judgeOf(guard: string, it: GuardSpec, tools: GuardTools) {
  if (it.kind === 'jsonSchema') {
    if (tools.schemas === null) throw new TypeError('a schema is compiled before its engine was loaded')
    return schemaJudge(tools.schemas, it.schema ?? {})
  }
  if (it.kind !== 'webhook') return null
  const { signWith } = it
  return webhookJudge({
    guard,
    url: it.url ?? '',
    timeoutMs: it.timeoutMs ?? GUARD_DEFAULTS.webhookMs,
    secret: () => (signWith === undefined ? null : tools.secret(signWith)),
    nowMs: tools.wallNow,
    fetch: tools.fetch,
  })
}
