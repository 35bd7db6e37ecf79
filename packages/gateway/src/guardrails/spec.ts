/** What can be set about guardrails: lists of guards by name, each looking for one kind of thing and doing one thing then. */
import { z } from 'zod'
import { excessOfSchema } from '../contract/schema-size.ts'
import { isSecretReference, REFERENCE_PATTERN } from '../contract/secret.ts'
import { LONGEST_MS, SECRET_EXPECTED, SECRET_PARAMS, setting } from '../contract/setting.ts'
import { PII_NAMES, USUAL_PII } from './detectors/pii.ts'
import { SECRET_NAMES } from './detectors/secrets.ts'
import { MOST_PATTERN_CHARS, MOST_PATTERNS } from './regex.ts'

export const GUARD_KINDS = ['regex', 'deny', 'pii', 'secrets', 'jsonSchema', 'maxSize', 'webhook'] as const
export type GuardKind = (typeof GUARD_KINDS)[number]

export const GUARD_DEFAULTS = { windowChars: 64, webhookMs: 2_000, workMs: 1_000 } as const

/** Settings that only some kinds have, and whether those need them. */
const OWN: Readonly<Record<string, { readonly kinds: readonly GuardKind[]; readonly needed: boolean }>> = {
  patterns: { kinds: ['regex'], needed: true },
  ignoreCase: { kinds: ['regex'], needed: false },
  windowChars: { kinds: ['regex'], needed: false },
  words: { kinds: ['deny'], needed: true },
  wholeWords: { kinds: ['deny'], needed: false },
  label: { kinds: ['regex', 'deny'], needed: false },
  pii: { kinds: ['pii'], needed: false },
  secrets: { kinds: ['secrets'], needed: false },
  schema: { kinds: ['jsonSchema'], needed: true },
  maxChars: { kinds: ['maxSize'], needed: false },
  maxTokens: { kinds: ['maxSize'], needed: false },
  url: { kinds: ['webhook'], needed: true },
  signWith: { kinds: ['webhook'], needed: false },
  timeoutMs: { kinds: ['webhook'], needed: false },
  maxHoldMs: { kinds: ['regex', 'deny', 'pii', 'secrets'], needed: false },
}

const guardShape = z.strictObject({
  kind: setting(
    z.enum(GUARD_KINDS),
    'what is looked for: expressions, words, personal data, credentials, JSON that keeps to no schema, too much text, or what a service of yours says',
  ),
  on: setting(z.enum(['input', 'output', 'both']).default('both'), 'requests, answers, or both'),
  action: setting(
    z.enum(['block', 'mask', 'log', 'shadow']),
    'block: the call is refused; mask: a placeholder stands in its place; log: noted in record and span; shadow: looked at beside the call, counted, and nothing else',
  ),
  unmask: setting(
    z.boolean().default(true),
    'whether what was masked in a request is put back where the answer names its placeholder',
  ),
  failure: setting(
    z.enum(['open', 'closed']).default('closed'),
    'what becomes of what could not be looked at within its bounds (time, size, a webhook that does not answer), or not at all (tokens, forms with files, raw requests): open lets it pass, closed blocks it',
  ),
  message: setting(
    z.string().min(1).max(500).optional(),
    'what a caller is told when it blocks; without it that a guardrail did',
  ),
  patterns: setting(
    z.array(z.string().min(1).max(MOST_PATTERN_CHARS)).min(1).max(MOST_PATTERNS).optional(),
    'of regex: expressions in the syntax of RE2, whose matching takes time in proportion to the text',
  ),
  ignoreCase: setting(z.boolean().optional(), 'of regex: without regard to case; without it with regard'),
  windowChars: setting(
    z.int().min(8).max(1024).optional(),
    'of regex: how far a match may reach before it is known to be one; without it 64; a stream is held back by as much and a quarter more',
    { unit: 'characters' },
  ),
  words: setting(
    z.array(z.string().min(1).max(200)).min(1).max(50_000).optional(),
    'of deny: words and phrases, found without regard to case, accents as composed, width and gaps',
  ),
  wholeWords: setting(
    z.boolean().optional(),
    'of deny: false finds them inside of longer words too; without it only as words of their own',
  ),
  label: setting(
    z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{0,31}$/, { error: 'capital letters, digits and "_", such as PROJECT' })
      .optional(),
    'of regex and deny: what stands in a placeholder, as in [PROJECT_1]; without it MASKED',
  ),
  pii: setting(
    z.array(z.enum(PII_NAMES)).min(1).optional(),
    `of pii: what is looked for; without it ${USUAL_PII.join(', ')}`,
  ),
  secrets: setting(
    z.array(z.enum(SECRET_NAMES)).min(1).optional(),
    'of secrets: whose credentials are looked for; without it all that are known',
  ),
  schema: setting(
    z.record(z.string(), z.unknown()).superRefine(refuseExcess).optional(),
    'of jsonSchema: JSON Schema 2020-12 that the text of an answer has to keep to; an answer waits for its end to be looked at',
  ),
  maxChars: setting(
    z.int().min(1).max(100_000_000).optional(),
    'of maxSize: the most characters of all texts of a request or an answer',
    { unit: 'characters' },
  ),
  maxTokens: setting(
    z.int().min(1).max(100_000_000).optional(),
    'of maxSize: the same in tokens, estimated as four characters each',
    { unit: 'tokens' },
  ),
  url: setting(
    z
      .url({ protocol: /^https?$/, error: 'an address that begins with http:// or https://' })
      .refine((it) => URL.parse(it)?.username === '' && URL.parse(it)?.password === '', {
        error: 'an address without a password; signWith is for that',
      })
      .optional(),
    'of webhook: where texts are sent by POST; no redirect is followed',
  ),
  signWith: setting(
    z.string().refine(isSecretReference, { error: SECRET_EXPECTED, params: SECRET_PARAMS }).optional(),
    'of webhook: the key that requests are signed with, in x-changeover-signature; without it they are not signed',
    { pattern: REFERENCE_PATTERN },
  ),
  timeoutMs: setting(
    z.int().min(1).max(60_000).optional(),
    'of webhook: how long it may take to answer; without it 2000',
    { unit: 'ms' },
  ),
  maxHoldMs: setting(
    z.int().min(1).max(LONGEST_MS).optional(),
    'how long any part of an answer may be held back by this guard; what then happens is what failure says; without it only characters bound it',
    { unit: 'ms' },
  ),
})

function refuseExcess(schema: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  const excess = excessOfSchema(schema)
  if (excess === null) return
  context.addIssue({ code: 'custom', message: excess.expected, params: { found: excess.found } })
}

const guardSpec = guardShape.superRefine((guard, context) => {
  for (const [name, { kinds, needed }] of Object.entries(OWN)) {
    const isSet = guard[name as keyof typeof guard] !== undefined
    const isOwn = kinds.includes(guard.kind)
    if (isSet && !isOwn) refuse(name, `nothing: only ${kinds.join(', ')} has it`)
    if (!isSet && isOwn && needed) refuse(name, `what ${guard.kind} cannot do without`)
  }
  if (guard.kind === 'maxSize' && (guard.maxChars === undefined) === (guard.maxTokens === undefined))
    refuse('maxChars', 'one of maxChars and maxTokens')
  if (guard.kind === 'jsonSchema' && guard.on === 'input')
    refuse('on', 'output: requests keep to the format of their API')
  if ((guard.kind === 'maxSize' || guard.kind === 'jsonSchema') && guard.action === 'mask')
    refuse('action', 'block, log or shadow: there is no part of it to mask')

  function refuse(name: string, message: string): void {
    context.addIssue({ code: 'custom', path: [name], message })
  }
})

export const guardrailSpec = z.strictObject({
  guards: setting(
    z.array(guardSpec).min(1).max(32),
    'what is looked for and what is done then, in this order',
  ),
  maxWorkMs: setting(
    z.int().min(1).max(60_000).default(GUARD_DEFAULTS.workMs),
    'time of this process that looking at one request, and at one answer, may take; what then happens is what failure says',
    { unit: 'ms' },
  ),
  description: setting(z.string().optional(), 'what it is for, for people'),
})

export type GuardSpec = z.output<typeof guardSpec>
export type GuardrailSpec = z.output<typeof guardrailSpec>
