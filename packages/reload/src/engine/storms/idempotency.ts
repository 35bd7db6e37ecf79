/**
 * Keys that senders give their offers, so that one sent twice is one offer.
 *
 * The same key with the same bytes gets the first answer, also while that is still being worked out. An answer
 * that says "try again" is forgotten at once: trying again is what the sender then does.
 */
import type { Receipt } from '../../contract/receipt.ts'

const MOST_KEYS = 1_000

interface Known {
  readonly digest: string
  readonly receipt: Promise<Receipt>
}

export class Idempotency {
  private readonly known = new Map<string, Known>()
  private readonly versions = new Map<string, string>()

  /** What was offered under this key before. */
  find(key: string): Known | null {
    return this.known.get(key) ?? null
  }

  /** The digest of the version that was secured under this key. */
  versionOf(key: string): string | undefined {
    return this.versions.get(key)
  }

  rememberVersion(key: string, digest: string): void {
    this.versions.set(key, digest)
    const [oldest] = this.versions.keys()
    if (this.versions.size > MOST_KEYS && oldest !== undefined) this.versions.delete(oldest)
  }

  remember(key: string, digest: string, receipt: Promise<Receipt>): void {
    const entry = { digest, receipt }
    this.known.set(key, entry)
    const [oldest] = this.known.keys()
    if (this.known.size > MOST_KEYS && oldest !== undefined) this.known.delete(oldest)
    void receipt.then((it) => {
      const passing = it.outcome === 'superseded' || (it.outcome === 'refused' && it.retry)
      if (passing && this.known.get(key) === entry) this.known.delete(key)
    })
  }
}
