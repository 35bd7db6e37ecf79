/** What an envelope says, before anybody believes it: to see whether the operator's file says the same. */
import {
  isReloadError,
  type Json,
  MANIFEST_TYPE,
  readManifest,
  readSigned,
  type SettingsTree,
} from '@changeover/reload'

/** `null` when it cannot be read, or does not hold everything itself; the engine then says what is wrong. */
export function treeOfEnvelope(bytes: Uint8Array): SettingsTree | null {
  try {
    const { resources } = readManifest(readSigned(bytes, MANIFEST_TYPE, bytes.byteLength).body)
    const kinds = new Map<string, Map<string, Json>>()
    for (const { kind, name, inline } of resources) {
      if (inline === undefined) return null
      const names = kinds.get(kind) ?? new Map<string, Json>()
      kinds.set(kind, names.set(name, JSON.parse(inline) as Json))
    }
    return Object.fromEntries([...kinds].map(([kind, names]) => [kind, Object.fromEntries(names)]))
  } catch (error) {
    if (isReloadError(error) || error instanceof SyntaxError) return null
    throw error
  }
}
