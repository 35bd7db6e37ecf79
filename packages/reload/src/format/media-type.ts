/** What a resource's media type means for the settings tree. */

/** `json` is parsed, `text` is a string as it stands, `binary` is left to the participants' `Artifacts`. */
export type Form = 'json' | 'text' | 'binary'

export function formOf(mediaType: string): Form {
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) return 'json'
  return mediaType.startsWith('text/') ? 'text' : 'binary'
}
