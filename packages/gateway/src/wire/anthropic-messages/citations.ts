/** What a text is taken from. Anthropic cites blocks; the neutral form, ranges of the whole reply's text. */
import type { Citation } from '../../contract/neutral.ts'
import { type Fields, present } from '../fields.ts'

export function parseAnthropicCitation(value: Fields, range: { start: number; end: number }): Citation {
  return present<Citation>({
    url: textOrNone(value['url']) ?? textOrNone(value['source']),
    title: textOrNone(value['title']) ?? textOrNone(value['document_title']),
    text: textOrNone(value['cited_text']),
    ...range,
  })
}

/** `null` for what cites no address: which document it was is not known here. */
export function writeAnthropicCitation({ url, title, text }: Citation): Fields | null {
  if (url === undefined) return null
  return {
    type: 'web_search_result_location',
    url,
    title: title ?? null,
    cited_text: text ?? '',
    encrypted_index: '',
  }
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
