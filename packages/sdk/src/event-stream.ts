/**
 * Reads server-sent events from a response body, as the WHATWG describes the format.
 *
 * Not here: connecting, and connecting again (`client.ts`).
 */
export interface ServerEvent {
  readonly id: string
  readonly event: string
  readonly data: string
}

const lineEnd = /\r\n|\n|\r/
/** Two line ends; the two letters of one are not two. */
const blankLine = /(?:\r\n|\n|\r(?!\n)){2}/

/** Ends with the body. Comments and events without data are left out. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void> {
  let rest = ''
  let lastId = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    rest += text
    // A carriage return at the end may be the first half of a line end.
    const whole = rest.endsWith('\r') ? rest.slice(0, -1) : rest
    const blocks = whole.split(blankLine)
    rest = (blocks.pop() ?? '') + rest.slice(whole.length)
    for (const block of blocks) {
      const fields = readFields(block)
      lastId = fields.get('id') ?? lastId
      const data = fields.get('data')
      if (data !== undefined) yield { id: lastId, event: fields.get('event') ?? 'message', data }
    }
  }
}

function readFields(block: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of block.split(lineEnd)) {
    const colon = line.indexOf(':')
    if (colon === 0 || line === '') continue
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    const before = fields.get(name)
    fields.set(name, name === 'data' && before !== undefined ? `${before}\n${value}` : value)
  }
  return fields
}
