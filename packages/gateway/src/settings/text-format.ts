/** Which of YAML, JSON and TOML a text is in: by media type, else by the end of its name, else by its looks. */
import type { ReadText } from './document.ts'
import { readJson } from './json.ts'
import { readToml } from './toml.ts'
import { readYamlByEntries, readYamlInTurns } from './yaml-reader.ts'

export type TextFormat = 'yaml' | 'json' | 'toml'

export const MERGE_PATCH_TYPE = 'application/merge-patch+json'
export const JSON_PATCH_TYPE = 'application/json-patch+json'

export function formatOf(mediaType: string | undefined, file: string, text: string): TextFormat {
  const type = (mediaType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (/[/+]toml$/.test(type)) return 'toml'
  if (/[/+](?:x-)?yaml$/.test(type)) return 'yaml'
  const end = /\.(ya?ml|json|toml)$/i.exec(file)?.[1]?.toLowerCase()
  if (end !== undefined) return end === 'yml' ? 'yaml' : (end as TextFormat)
  if (/[/+]json$/.test(type)) return 'json'
  return /^\s*\{/.test(text) ? 'json' : 'yaml'
}

export function readText(format: TextFormat, text: string, file: string): ReadText {
  if (format === 'toml') return readToml(text, file)
  return format === 'json' ? readJson(text, file) : readYamlByEntries(text, file)
}

/** The same, letting the event loop turn where the text is long. */
export function readTextInTurns(
  format: TextFormat,
  text: string,
  file: string,
): ReadText | Promise<ReadText> {
  return format === 'yaml' ? readYamlInTurns(text, file) : readText(format, text, file)
}
