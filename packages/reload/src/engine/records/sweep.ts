/** Drops what no version needs any more, when it is time to. A store that fails here costs room, and nothing else. */
import { type Core, say } from '../core.ts'

export async function sweep({ library, recorder, cell, telemetry }: Core): Promise<void> {
  if (!library.isSweepDue) return
  try {
    const serving = [cell.current?.record ?? null, cell.baseline?.record ?? null]
    const refs = [recorder.floor, recorder.intent, recorder.scheduled, ...serving]
    await recorder.sweep(() => library.needed(refs))
  } catch (error) {
    say(telemetry, 'warn', 'blobs that nothing needs could not be dropped', { error })
  }
}
