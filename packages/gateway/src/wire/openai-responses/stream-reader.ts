/**
 * Events of a streamed response. Which kind an event is stands in its data; the `event` field says the same
 * and is left out by some servers. Kinds that carry nothing for the neutral form are passed over, those of
 * tools that the provider runs itself among them.
 */
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { StreamReader } from '../../contract/wire.ts'
import { type Fields, isFields } from '../fields.ts'
import { OutputReader, readFailure } from './output-reader.ts'

const NONE: readonly NeutralDelta[] = []

export class ResponsesStreamReader implements StreamReader {
  readonly #deltas: NeutralDelta[] = []
  readonly #output = new OutputReader(this.#deltas)
  #failed = false

  read(event: string, data: string): readonly NeutralDelta[] {
    if (data === '[DONE]') return NONE
    const said: unknown = JSON.parse(data)
    if (!isFields(said)) throw new SyntaxError('an event is not an object')
    this.#read(typeof said['type'] === 'string' ? said['type'] : event, said)
    return this.#deltas.length === 0 ? NONE : this.#deltas.splice(0)
  }

  end(): readonly NeutralDelta[] {
    return NONE
  }

  #read(type: string, event: Fields): void {
    const output = this.#output
    const index = typeof event['output_index'] === 'number' ? event['output_index'] : 0
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
        return output.start(responseOf(event))
      case 'response.output_item.added':
        return output.itemAdded(index, event['item'])
      case 'response.output_text.delta':
        return output.text(index, event['delta'], event['logprobs'])
      case 'response.refusal.delta':
        return output.refusal(index, event['delta'])
      case 'response.output_text.annotation.added':
        return output.cite(index, event['annotation'])
      case 'response.reasoning_summary_part.added':
        return output.thoughtPart(index)
      case 'response.reasoning_summary_text.delta':
        return output.thought(index, 'summary', event['delta'])
      case 'response.reasoning_text.delta':
        return output.thought(index, 'content', event['delta'])
      case 'response.function_call_arguments.delta':
        return output.callArguments(index, event['delta'])
      case 'response.output_item.done':
        return output.itemDone(index, event['item'])
      case 'response.completed':
      case 'response.incomplete':
        return output.finish(responseOf(event))
      case 'response.failed':
        return this.#fail(() => output.finish({ ...responseOf(event), status: 'failed' }))
      case 'error':
        return this.#fail(() => this.#deltas.push(readFailure(event)))
    }
  }

  /** OpenAI says an error twice, as an event and as the end of the response. */
  #fail(tell: () => unknown): void {
    if (this.#failed) return
    this.#failed = true
    tell()
  }
}

function responseOf(event: Fields): Fields {
  return isFields(event['response']) ? event['response'] : {}
}
