/**
 * Tells listeners of every change of state: consoles, event streams, tests.
 *
 * A listener is called in the middle of the engine's work, so it is never awaited and cannot fail it.
 */
import type { ReloadEvent } from '../../contract/reloader.ts'

export class Events {
  private readonly listeners = new Set<(event: ReloadEvent) => void>()
  private readonly failed: (error: unknown) => void

  constructor(failed: (error: unknown) => void) {
    this.failed = failed
  }

  subscribe(listener: (event: ReloadEvent) => void): () => void {
    // A function of its own, so that the same listener may subscribe twice and leave once.
    const own = (event: ReloadEvent): void => listener(event)
    this.listeners.add(own)
    return () => void this.listeners.delete(own)
  }

  tell(event: ReloadEvent): void {
    for (const listener of this.listeners) {
      try {
        listener(event)
      } catch (error) {
        this.failed(error)
      }
    }
  }

  clear(): void {
    this.listeners.clear()
  }
}
