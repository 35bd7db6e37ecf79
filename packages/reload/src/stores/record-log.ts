/**
 * The records on disk: one file of lines, each of which sets some records, the newest last.
 *
 *   {"sha256":"…","records":{"floor":{"version":"1.2","digest":"sha256:…"}}}
 *   {"sha256":"…","records":{"intent":null}}
 *
 * A line is forced to the disk once, where a small file of its own for each record takes two forced writes and a
 * renaming, which is five times the work. When the lines have grown to `fileBytes`, the file is replaced by one
 * that says each record once.
 *
 * A line carries the digest of its own text. The last line may be torn, and was then promised to nobody; a line
 * before it that is damaged takes the word of the records that it names, or, where that cannot be read, of all that
 * came before it, until they are written again: they are `store.corrupt`, and never an older value.
 */
import { hash } from 'node:crypto'
import type { RecordName } from '../contract/store.ts'
import { ReloadError } from '../errors.ts'
import { AppendFile, endOfWholeLines, LINE_END } from './append-file.ts'
import { writeDurably } from './durable-write.ts'
import type { FileSystem } from './file-system.ts'

export interface RecordLogOptions {
  readonly path: string
  readonly files: FileSystem
  /** Size at which the file is written anew. */
  readonly fileBytes: number
}

/** A record in JSON; `null` when it was cleared. */
export type RecordTexts = ReadonlyMap<RecordName, string | null>

const DAMAGED = Symbol('damaged')
type Held = ReadonlyMap<RecordName, string | null | typeof DAMAGED>

const NAMES: readonly RecordName[] = [
  'floor',
  'root',
  'intent',
  'applied',
  'scheduled',
  'baseline',
  'quarantine',
  'line',
]

export class RecordLog {
  private readonly options: RecordLogOptions
  private readonly file: AppendFile
  private held: Held = new Map()
  private baseBytes = 0
  /** What the file says, of the records that were asked for since it has looked like this. */
  private said: { readonly stamp: string; readonly texts: Map<RecordName, string | null> } | null = null

  constructor(options: RecordLogOptions) {
    this.options = options
    this.file = new AppendFile(options.path, options.files)
  }

  async open(): Promise<void> {
    const bytes = await this.file.open((all) => endOfWholeLines(all, (line) => readLine(line) !== null))
    this.held = new Map(NAMES.flatMap((name) => heldOf(name, recordIn(bytes, name))))
  }

  /** As it is on the disk, in JSON; `null` when there is none. Throws `store.corrupt`. */
  async read(name: RecordName): Promise<string | null> {
    const { files, path } = this.options
    // Before it is read: what changes meanwhile looks different the next time.
    const stamp = await files.stampOf(path)
    const said = this.said?.stamp === stamp ? this.said.texts : new Map<RecordName, string | null>()
    const known = said.get(name)
    if (known !== undefined) return known
    const isOurs = await this.file.isThere()
    const bytes = (await files.read(path)) ?? new Uint8Array()
    // What we failed to put in its place may be there, and is then whole.
    const text = recordIn(isOurs ? bytes.subarray(0, this.file.sizeBytes) : bytes, name)
    if (text === DAMAGED) throw new ReloadError('store.corrupt', { what: `record "${name}"` })
    this.said = stamp === null ? null : { stamp, texts: said.set(name, text ?? null) }
    return text ?? null
  }

  /** Looks whether somebody took the file away: it is then written anew, with every record, by the next change. */
  async lookForFile(): Promise<void> {
    await this.file.isThere()
  }

  /** All of these or, after a crash, none. */
  async write(texts: RecordTexts): Promise<void> {
    const line = lineOf(texts)
    const others = [...this.held].filter(([name]) => !texts.has(name))
    const next = new Map([...others, ...texts])
    // Two writes of our own may look the same: within one tick of the file system's clock, or where one of them failed.
    this.said = null
    const isFull = this.file.sizeBytes + line.length > this.baseBytes + this.options.fileBytes
    if (isFull || !this.file.isKept) await this.writeAnew(next)
    else await this.file.append(line)
    this.held = next
  }

  close(): Promise<void> {
    return this.file.close()
  }

  /** A line for each record. What is damaged stays so, and is never last, where it would be taken for torn. */
  private async writeAnew(next: Held): Promise<void> {
    const damaged = [...next].flatMap(([name, text]) => (text === DAMAGED ? [damagedLine(name)] : []))
    const whole = [...next].flatMap(([name, text]) =>
      text === DAMAGED ? [] : [lineOf(new Map([[name, text]]))],
    )
    const bytes = Buffer.concat([...damaged, ...whole])
    await writeDurably(this.options.files, this.options.path, bytes)
    this.baseBytes = bytes.length
    await this.file.turnTo(bytes.length)
  }
}

function lineOf(texts: RecordTexts): Buffer {
  const records = `{${[...texts].map(([name, text]) => `"${name}":${text}`).join(',')}}`
  return Buffer.from(`{"sha256":"${hash('sha256', records, 'hex')}","records":${records}}\n`)
}

function damagedLine(name: RecordName): Buffer {
  return Buffer.from(`{"sha256":"","records":{"${name}":null}}\n`)
}

/** `null` when it is damaged. */
function readLine(line: string): Map<RecordName, string | null> | null {
  const [, sha256, records] = /^\{"sha256":"([0-9a-f]{64})","records":(.*)\}$/.exec(line) ?? []
  if (records === undefined || hash('sha256', records, 'hex') !== sha256) return null
  const entries = Object.entries(JSON.parse(records) as Record<RecordName, unknown>)
  return new Map(
    entries.map(([name, value]) => [name as RecordName, value === null ? null : JSON.stringify(value)]),
  )
}

/** What the newest line about a record says; `undefined` when there is none. Only as many lines as that takes are read. */
function recordIn(bytes: Uint8Array, name: RecordName): string | null | typeof DAMAGED | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let end = all.lastIndexOf(LINE_END)
  while (end !== -1) {
    const before = end === 0 ? -1 : all.lastIndexOf(LINE_END, end - 1)
    // Looked at in place: most lines are about other records, and become no text.
    const line = all.subarray(before + 1, end)
    end = before
    // A line that names nothing is damaged, and may have been about anything.
    if (!line.includes(`"${name}":`) && NAMES.some((it) => line.includes(`"${it}":`))) continue
    const texts = readLine(line.toString())
    if (texts === null) return DAMAGED
    if (texts.has(name)) return texts.get(name)
  }
  return undefined
}

function heldOf(
  name: RecordName,
  text: ReturnType<typeof recordIn>,
): [RecordName, Exclude<typeof text, undefined>][] {
  return text === undefined ? [] : [[name, text]]
}
