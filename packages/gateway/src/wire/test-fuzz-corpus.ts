/** What is broken in `test-fuzz.ts`: the answers in a folder of recordings (`tests/recordings`). */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WireName } from '../contract/wire.ts'
import type { Fields } from './fields.ts'
import { wires } from './list.ts'
import type { FuzzCorpus } from './test-fuzz.ts'

export function readFuzzCorpus(folder: string): FuzzCorpus {
  const replies: [WireName, Fields][] = []
  const streams: [WireName, Buffer][] = []
  for (const name of wires.keys()) {
    const of = join(folder, name)
    for (const file of existsSync(of) ? readdirSync(of).sort() : []) {
      const path = join(of, file)
      if (file.endsWith('.stream')) streams.push([name, readFileSync(path)])
      else if (file.endsWith('.response.json')) replies.push([name, parse(path) as Fields])
      else if (file.endsWith('.events.json')) streams.push([name, asEvents(parse(path) as Fields[])])
    }
  }
  return { replies, streams }
}

function parse(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** Bedrock frames its events otherwise; their names and contents are the same. */
function asEvents(events: readonly Fields[]): Buffer {
  const framed = events.map((event) => {
    const [name = ''] = Object.keys(event)
    return `event: ${name}\ndata: ${JSON.stringify(event[name])}\n\n`
  })
  return Buffer.from(framed.join(''))
}
