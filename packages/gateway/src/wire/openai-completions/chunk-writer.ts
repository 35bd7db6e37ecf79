/**
 * Deltas as a completion, streamed chunk by chunk or whole.
 *
 * This format has text and nothing else: what the model thinks or calls is left out, a refusal is text.
 */
import type { FinishReason, NeutralDelta, Usage } from '../../contract/neutral.ts'
import type { ReplyAbout, StreamWriter } from '../../contract/wire.ts'
import type { Fields } from '../fields.ts'
import { writeOpenAIError } from '../openai-chat/errors.ts'
import { writeOpenAIUsage } from '../openai-chat/usage.ts'
import { writeEvent } from '../sse.ts'
import { lengthOf, writeLogprobs } from './logprobs.ts'

export class CompletionsWriter implements StreamWriter {
  readonly #about: ReplyAbout
  /** Length of the tokens that probabilities were given for, by candidate. */
  readonly #offsets = new Map<number, number>()
  #model: string
  #usage: Usage | null = null
  #failed = false

  constructor(about: ReplyAbout) {
    this.#about = about
    this.#model = about.model
  }

  write(delta: NeutralDelta): string {
    if (delta.type === 'start') {
      if (delta.model !== '') this.#model = delta.model
      return ''
    }
    if (delta.type === 'usage') {
      this.#usage = delta.usage
      return ''
    }
    if (delta.type === 'error') {
      this.#failed = true
      const { status, message, code = 'upstream.failed' } = delta
      return writeEvent(writeOpenAIError({ status, code, message }))
    }
    const candidate = candidateOf(delta)
    if (delta.type === 'logprobs') return this.#choice({ candidate, logprobs: this.#logprobs(delta) })
    if (delta.type === 'finish') return this.#choice({ candidate, finish: writeFinish(delta.reason) })
    const text = textOf(delta)
    return text === '' ? '' : this.#choice({ candidate, text })
  }

  end(): string {
    if (this.#failed) return ''
    const { streamUsage } = this.#about
    const usage =
      streamUsage && this.#usage !== null
        ? writeEvent({ ...this.#chunk([]), usage: writeOpenAIUsage(this.#usage) })
        : ''
    return `${usage}data: [DONE]\n\n`
  }

  #logprobs(delta: Extract<NeutralDelta, { type: 'logprobs' }>): Fields {
    const offset = this.#offsets.get(delta.candidate ?? 0) ?? 0
    this.#offsets.set(delta.candidate ?? 0, offset + lengthOf(delta.content))
    return writeLogprobs(delta.content, offset)
  }

  #choice(it: {
    readonly candidate: number | undefined
    readonly text?: string
    readonly logprobs?: Fields
    readonly finish?: string
  }): string {
    const { candidate = 0, text = '', logprobs = null, finish = null } = it
    return writeEvent(this.#chunk([{ text, index: candidate, logprobs, finish_reason: finish }]))
  }

  #chunk(choices: readonly object[]): Fields {
    const { id, created } = this.#about
    return { id, object: 'text_completion', created, model: this.#model, choices }
  }
}

interface Choice {
  text: string
  logprobs: Fields[]
  finish: FinishReason
}

export function writeCompletionsReply(
  deltas: readonly NeutralDelta[],
  about: ReplyAbout,
): Record<string, unknown> {
  const choices = new Map<number, Choice>()
  let model = ''
  let usage: Usage | null = null
  for (const delta of deltas) {
    if (delta.type === 'start') model = delta.model
    else if (delta.type === 'usage') usage = delta.usage
    else if (delta.type !== 'error') addTo(choiceOf(choices, candidateOf(delta) ?? 0), delta)
  }
  if (choices.size === 0) choiceOf(choices, 0)
  return {
    id: about.id,
    object: 'text_completion',
    created: about.created,
    model: model === '' ? about.model : model,
    choices: [...choices].sort(([one], [other]) => one - other).map(([index, it]) => writeChoice(index, it)),
    ...(usage === null ? {} : { usage: writeOpenAIUsage(usage) }),
  }
}

function choiceOf(choices: Map<number, Choice>, index: number): Choice {
  let choice = choices.get(index)
  if (choice === undefined) {
    choice = { text: '', logprobs: [], finish: 'stop' }
    choices.set(index, choice)
  }
  return choice
}

function addTo(choice: Choice, delta: NeutralDelta): void {
  if (delta.type === 'logprobs') choice.logprobs.push(...delta.content)
  else if (delta.type === 'finish') choice.finish = delta.reason
  else choice.text += textOf(delta)
}

function writeChoice(index: number, it: Choice): Fields {
  const logprobs = it.logprobs.length === 0 ? null : writeLogprobs(it.logprobs, 0)
  return { text: it.text, index, logprobs, finish_reason: writeFinish(it.finish) }
}

function textOf(delta: NeutralDelta): string {
  if (delta.type === 'text' || delta.type === 'refusal') return delta.text
  return delta.type === 'media' ? (delta.transcript ?? '') : ''
}

function candidateOf(delta: NeutralDelta): number | undefined {
  return 'candidate' in delta ? delta.candidate : undefined
}

/** This format has three reasons. */
function writeFinish(reason: FinishReason): string {
  if (reason === 'length' || reason === 'context_length') return 'length'
  return reason === 'content_filter' || reason === 'refusal' ? 'content_filter' : 'stop'
}
