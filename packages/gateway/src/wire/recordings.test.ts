/**
 * Replies as providers write them, read and folded. Ours are in `tests/recordings/<format>/`: a new case is a
 * new pair of files, `x.response.json` or `x.stream`, and what it says in `x.expected.json`.
 *
 * Not here: those that others recorded (`recordings-of-others.test.ts`).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { NeutralDelta } from '../contract/neutral.ts'
import type { Wire } from '../contract/wire.ts'
import { foldReply } from './fold-reply.ts'
import { wires } from './list.ts'
import { SseReader } from './sse.ts'

const root = join(import.meta.dirname, '../../../..')
const recordings = join(root, 'tests/recordings')

type Fields = Record<string, unknown>

function readStream(wire: Wire, bytes: Buffer, cutAt: number): readonly NeutralDelta[] {
  const reader = wire.openReader()
  const deltas: NeutralDelta[] = []
  const events = new SseReader((event, data) => deltas.push(...reader.read(event, data)))
  events.read(bytes.subarray(0, cutAt))
  events.read(bytes.subarray(cutAt))
  events.end()
  return deltas
}

function expected(path: string): unknown {
  return JSON.parse(readFileSync(path.replace(/(\.response\.json|(?<=\.stream))$/, '.expected.json'), 'utf8'))
}

describe.each([...wires].filter(([name]) => existsSync(join(recordings, name))))(
  'recordings of %s',
  (name, wire) => {
    const folder = join(recordings, name)
    const files = readdirSync(folder)

    it.each(files.filter((it) => it.endsWith('.response.json')))('%s reads as it should', (file) => {
      const path = join(folder, file)
      const deltas = wire.parseReply(JSON.parse(readFileSync(path, 'utf8')) as Fields)
      expect(foldReply(deltas)).toEqual(expected(path))
    })

    it.each(files.filter((it) => it.endsWith('.stream')))(
      '%s reads as it should, wherever it is cut',
      (file) => {
        const path = join(folder, file)
        const bytes = readFileSync(path)
        const said = expected(path)
        for (let cut = 0; cut <= bytes.length; cut += 1) {
          expect(foldReply(readStream(wire, bytes, cut))).toEqual(said)
        }
      },
    )
  },
)
