/** A whole response, as deltas and back. */
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { ReplyAbout } from '../../contract/wire.ts'
import type { Fields } from '../fields.ts'
import { OutputBuilder } from './output-builder.ts'
import { OutputReader } from './output-reader.ts'

export function parseResponsesReply(body: Fields): readonly NeutralDelta[] {
  const deltas: NeutralDelta[] = []
  const reader = new OutputReader(deltas)
  reader.start(body)
  const output: readonly unknown[] = Array.isArray(body['output']) ? body['output'] : []
  output.forEach((item, index) => reader.itemDone(index, item))
  reader.finish(body)
  return deltas
}

export function writeResponsesReply(
  deltas: readonly NeutralDelta[],
  about: ReplyAbout,
): Record<string, unknown> {
  let last: Fields = {}
  const builder = new OutputBuilder(about, (event) => {
    last = event
  })
  for (const delta of deltas) builder.take(delta)
  return builder.end() ?? (last['response'] as Record<string, unknown>)
}
