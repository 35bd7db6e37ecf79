/**
 * A request as routing may ask of it, in whichever format it came. Made when a route asks for the first time; the body
 * is parsed when a question needs it.
 */
import type { RecordedAsk } from '../contract/call.ts'
import type { CallHead } from '../contract/downstream.ts'
import type { Modality, RouteAsk } from '../contract/route-ask.ts'
import { isSecretHeader } from '../contract/secret.ts'
import type { CallerWishes } from '../routing/caller-wishes.ts'
import { hashText } from '../routing/hash-text.ts'
import { type Fields, isFields } from '../wire/fields.ts'
import type { RequestBody } from '../wire/request-body.ts'
import { serviceTierOf } from '../wire/service-tier.ts'
import { type PromptFacts, readPromptFacts } from './prompt-facts.ts'

/** English text has about four characters a token; others have fewer. */
const CHARS_A_TOKEN = 4
/** About what providers count for a picture or a page. */
const TOKENS_A_MEDIUM = 1000

export interface RequestFactsInput {
  readonly head: CallHead
  readonly body: RequestBody
  readonly wishes: CallerWishes
  readonly tenant: string | null
  readonly key: string | null
}

export class RequestFacts implements RouteAsk {
  readonly #input: RequestFactsInput
  #fields: Fields | null = null
  /** What is left of them when the rest was let go; beside the answers below, which are then known. */
  #few: Fields | null = null
  #prompt: PromptFacts | null = null
  #outputLimit: number | null | undefined
  #replies: number | undefined
  #serviceTier: string | null | undefined
  #prompted: readonly [chars: number, hash: number] | null = null

  constructor(input: RequestFactsInput) {
    this.#input = input
  }

  get model(): string {
    return this.#input.body.model
  }
  get stream(): boolean {
    return this.#input.body.stream
  }
  get tenant(): string | null {
    return this.#input.tenant
  }
  get key(): string | null {
    return this.#input.key
  }
  get sensitive(): boolean {
    return this.#input.wishes.sensitive
  }
  get region(): string | null {
    return this.#input.wishes.region
  }

  header(name: string): string | undefined {
    if (isSecretHeader(name)) return undefined
    return firstOf(this.#input.head.headers[name])
  }

  metadata(key: string): string | number | boolean | null {
    const { metadata } = this.#light
    const value = isFields(metadata) && Object.hasOwn(metadata, key) ? metadata[key] : null
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
  }

  inputTokens(): number {
    const { textChars, mediaCount } = this.#facts
    return Math.ceil(textChars / CHARS_A_TOKEN) + mediaCount * TOKENS_A_MEDIUM
  }

  maxOutputTokens(): number | null {
    if (this.#outputLimit === undefined) this.#outputLimit = outputLimitIn(this.#light)
    return this.#outputLimit
  }

  replies(): number {
    this.#replies ??= mostIn(this.#light, repliesAt) ?? 1
    return this.#replies
  }

  serviceTier(): string | null {
    if (this.#serviceTier === undefined) this.#serviceTier = serviceTierIn(this.#light)
    return this.#serviceTier
  }

  modalities(): readonly Modality[] {
    return this.#facts.modalities
  }

  session(): string | null {
    const named = sessionHeader(this.#input.head)
    if (named !== null) return named
    const cacheKey = this.#light['prompt_cache_key']
    if (typeof cacheKey === 'string' && cacheKey !== '') return cacheKey
    const ofMetadata = this.metadata('session_id')
    return typeof ofMetadata === 'string' && ofMetadata !== '' ? ofMetadata : null
  }

  /** Like `session`, where answering costs nothing: the body is not parsed for it. */
  knownSession(): string | null {
    return this.#isParsed ? this.session() : sessionHeader(this.#input.head)
  }

  promptHash(chars: number): number | null {
    const { beginning } = this.#facts
    const hash = beginning === '' ? null : hashText(beginning.slice(0, chars))
    if (hash !== null) this.#prompted = [chars, hash]
    return hash
  }

  /** What is known already: nothing is parsed or counted for it. Texts longer than `longest` are left out. */
  known(metadata: readonly string[], longest: number): Partial<RecordedAsk> {
    if (!this.#isParsed) return {}
    const prompt = this.#prompt
    const maxOutputTokens = this.maxOutputTokens()
    // Most: nothing but a bound was asked for.
    if (prompt === null && this.#prompted === null && metadata.length === 0) return { maxOutputTokens }
    const entries = metadata.map((it) => [it, this.metadata(it)] as const)
    const short = entries.filter(([, it]) => typeof it !== 'string' || it.length <= longest)
    return {
      maxOutputTokens,
      ...(prompt === null ? {} : { inputTokens: this.inputTokens(), modalities: prompt.modalities }),
      ...(this.#prompted === null ? {} : { prompt: this.#prompted }),
      ...(short.length === 0 ? {} : { metadata: Object.fromEntries(short) }),
    }
  }

  /** The body is not held for the rest of the call: what may be asked of it to the end is picked out. */
  forget(): void {
    const fields = this.#fields
    if (fields === null) return
    this.maxOutputTokens()
    this.replies()
    this.serviceTier()
    this.#few = { metadata: fields['metadata'], prompt_cache_key: fields['prompt_cache_key'] }
    this.#fields = null
  }

  get #isParsed(): boolean {
    return this.#fields !== null || this.#few !== null
  }

  get #light(): Fields {
    return this.#few ?? this.#body
  }

  get #facts(): PromptFacts {
    this.#prompt ??= readPromptFacts(this.#body)
    return this.#prompt
  }

  /** Bodies too large to have been checked may still not be JSON: then nothing is known of them. */
  get #body(): Fields {
    this.#fields ??= fieldsIn(this.#input.body)
    return this.#fields
  }
}

// Each field by a name that is written where it is read: V8 finds such a one by the shape of its object, and one out of a
// list by a search (docs/decisions/2026-11-22-what-v8-forgets.md). This is on each request's way.

/** The last is Anthropic's for what costs more. */
function serviceTierIn(it: Fields): string | null {
  return (
    serviceTierOf(it['service_tier']) ??
    serviceTierOf(it['serviceTier']) ??
    serviceTierOf(it['speed']) ??
    null
  )
}

/** The most tokens of a reply that a request or its defaults set; `null` where they set none. */
export function outputLimitIn(fields: Fields): number | null {
  return mostIn(fields, limitAt)
}

/** The greatest, at the top or in a map that some formats keep for limits: which of them a provider heeds is its own affair. */
function mostIn(fields: Fields, at: (it: Fields) => number): number | null {
  let most = at(fields)
  const camel = fields['generationConfig']
  if (isFields(camel)) most = Math.max(most, at(camel))
  const snake = fields['generation_config']
  if (isFields(snake)) most = Math.max(most, at(snake))
  const inference = fields['inferenceConfig']
  if (isFields(inference)) most = Math.max(most, at(inference))
  return most === NO_BOUND ? null : most
}

const NO_BOUND = -1

/** The most tokens out. */
function limitAt(it: Fields): number {
  return Math.max(
    boundOf(it['max_completion_tokens']),
    boundOf(it['max_tokens']),
    boundOf(it['max_output_tokens']),
    boundOf(it['maxOutputTokens']),
    boundOf(it['maxTokens']),
  )
}

/** How many replies are wanted; each may be as long as the limit. */
function repliesAt(it: Fields): number {
  return Math.max(
    boundOf(it['best_of']),
    boundOf(it['n']),
    boundOf(it['candidateCount']),
    boundOf(it['candidate_count']),
  )
}

/** What is none bounds nothing: some servers take -1 for no end. Held of a budget, it would give to others what is used. */
function boundOf(value: unknown): number {
  return Number.isInteger(value) ? Math.max(Number(value), NO_BOUND) : NO_BOUND
}

/** The conversation that a request's head names: by our header, or by those of known clients. */
export function sessionHeader({ headers }: CallHead): string | null {
  return (
    named(headers['x-changeover-session']) ??
    named(headers['x-session-id']) ??
    named(headers['x-claude-code-session-id'])
  )
}

function named(value: string | readonly string[] | undefined): string | null {
  const first = firstOf(value)
  return first === undefined || first === '' ? null : first
}

/** A header may come several times. */
function firstOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0]
}

/** What a record keeps of a session: the number that sticky routing decides by, as eight hex digits. */
export function sessionHash(
  head: CallHead,
  asked: RequestFacts | null,
  tenant: string | null,
): string | null {
  const session = asked === null ? sessionHeader(head) : asked.knownSession()
  if (session === null) return null
  return (hashText(`${tenant ?? ''}\n${session}`) >>> 0).toString(16).padStart(8, '0')
}

function fieldsIn(body: RequestBody): Fields {
  try {
    const { value } = body
    return isFields(value) ? value : {}
  } catch {
    return {}
  }
}
