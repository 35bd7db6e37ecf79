/**
 * What can be told of a request's content without understanding its format: how much text there is, which kinds of
 * media, and how the prompt begins. One walk over the parsed body, for routes that ask.
 *
 * All formats say the same things under few names; the walk knows those names and nothing else of a format. It is for
 * choosing a target: an estimate that is a little wrong chooses a little worse.
 *
 * Not here: exact counts (the provider's usage), and translation (`wire/`).
 */
import type { Modality } from '../contract/route-ask.ts'
import { type Fields, isFields } from '../wire/fields.ts'

export interface PromptFacts {
  readonly textChars: number
  readonly mediaCount: number
  readonly modalities: readonly Modality[]
  /** Instructions, tools and the first message of the user, cut to `BEGINNING_CHARS`. */
  readonly beginning: string
}

/** More than that is never asked for. */
const BEGINNING_CHARS = 65_536
/** Deeper nesting is no prompt; tool schemas stay well above it. */
const DEEPEST = 24

const INSTRUCTIONS = ['system', 'systemInstruction', 'system_instruction', 'instructions'] as const
const TOOLS = ['tools', 'toolConfig'] as const
const TURNS = ['messages', 'input', 'contents', 'prompt'] as const

const MEDIA_BY_TYPE: Readonly<Record<string, Modality>> = {
  image: 'image',
  image_url: 'image',
  input_image: 'image',
  audio: 'audio',
  input_audio: 'audio',
  file: 'file',
  input_file: 'file',
  document: 'file',
}

/** Parts that are named by their one key: Gemini's and Bedrock's. */
const MEDIA_BY_KEY: readonly string[] = [
  'inlineData',
  'inline_data',
  'fileData',
  'file_data',
  'image',
  'document',
  'audio',
]

export function readPromptFacts(body: Fields): PromptFacts {
  const walk = new Walk()
  for (const name of INSTRUCTIONS) walk.read(body[name], 0)
  for (const name of TOOLS) walk.readTools(body[name])
  for (const name of TURNS) walk.readTurns(body[name])
  return walk.facts()
}

class Walk {
  #textChars = 0
  #mediaCount = 0
  readonly #modalities = new Set<Modality>()
  #beginning = ''
  #begins = true

  readTools(value: unknown): void {
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return
    this.#modalities.add('tools')
    this.read(value, 0)
  }

  readTurns(value: unknown): void {
    if (!Array.isArray(value)) {
      this.read(value, 0)
      return
    }
    for (const turn of value) {
      this.read(turn, 0)
      if (!isFields(turn) || turn['role'] === 'user' || turn['role'] === undefined) this.#begins = false
    }
  }

  read(value: unknown, depth: number): void {
    if (typeof value === 'string') this.#addText(value)
    else if (depth > DEEPEST) return
    else if (Array.isArray(value)) for (const it of value) this.read(it, depth + 1)
    else if (isFields(value) && !this.#addMedia(value)) {
      for (const it of Object.values(value)) this.read(it, depth + 1)
    }
  }

  facts(): PromptFacts {
    return {
      textChars: this.#textChars,
      mediaCount: this.#mediaCount,
      modalities: Object.freeze([...this.#modalities]),
      beginning: this.#beginning,
    }
  }

  #addText(text: string): void {
    this.#modalities.add('text')
    this.#textChars += text.length
    const room = BEGINNING_CHARS - this.#beginning.length
    if (this.#begins && room > 0) this.#beginning += `${text.slice(0, room)}\n`
  }

  /** True when it was one, so that its bytes are not taken for text. */
  #addMedia(part: Fields): boolean {
    const kind = mediaOf(part)
    if (kind === null) return false
    this.#modalities.add(kind)
    this.#mediaCount += 1
    return true
  }
}

function mediaOf(part: Fields): Modality | null {
  const { type } = part
  if (typeof type === 'string')
    return Object.hasOwn(MEDIA_BY_TYPE, type) ? (MEDIA_BY_TYPE[type] ?? null) : null
  const key = MEDIA_BY_KEY.find((it) => isFields(part[it]))
  const value = key === undefined ? undefined : part[key]
  if (key === undefined || !isFields(value)) return null
  const mediaType = value['mimeType'] ?? value['mime_type']
  if (typeof mediaType !== 'string') return key === 'image' ? 'image' : key === 'audio' ? 'audio' : 'file'
  return mediaType.startsWith('image/') ? 'image' : mediaType.startsWith('audio/') ? 'audio' : 'file'
}
