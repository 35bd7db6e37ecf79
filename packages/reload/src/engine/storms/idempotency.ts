/**
 * Keys that senders give their offers, so that one sent twice is one offer.
 *
 * The same key with the same bytes gets the first answer, also while that is still being worked out. An answer
 * that says "try again" is forgotten at once: trying again is what the sender then does.
 *
 * Keys stand in the audit log with what they were used for, so a restart does not forget them, as far as the part
 * of the log goes that is read at boot. After a restart the answer to what was applied is the same; what was
 * refused is judged again, because nothing had come of it and the log does not hold every word.
 */
import type { Receipt } from '../../contract/receipt.ts'
import type { AuditLine } from '../../contract/store.ts'
import { bindsKey, receiptOf } from './receipt-of-audit.ts'

const MOST_KEYS = 1_000

interface Known {
  readonly digest: string
  /** `null` when the key is bound to this digest, and the answer has to be found again. */
  readonly receipt: Promise<Receipt> | null
}

interface KnownVersion {
  readonly digest: string
  /** Its number and words about it were given here; the same content, sealed again, has another digest. */
  readonly isSealedHere: boolean
}

export class Idempotency {
  private readonly known = new Map<string, Known>()
  private readonly versions = new Map<string, KnownVersion>()

  /** Takes over what an earlier process has written down, oldest line first. */
  recall(lines: readonly AuditLine[]): void {
    for (const line of lines) {
      const { idempotencyKey: key, offered, payloadKey, digest } = line
      const isStart = line.event === 'config.reload.started'
      if (isStart && digest !== null) {
        if (payloadKey !== undefined) this.rememberVersion(payloadKey, { digest, isSealedHere: false })
        else if (key !== undefined) this.rememberVersion(key, { digest, isSealedHere: true })
      }
      if (key === undefined || offered === undefined) continue
      const receipt = receiptOf(line)
      if (bindsKey(line))
        put(this.known, key, { digest: offered, receipt: receipt && Promise.resolve(receipt) })
      else if (this.known.get(key)?.digest === offered) this.known.delete(key)
    }
  }

  /** What was offered under this key before. */
  find(key: string): Known | null {
    return this.known.get(key) ?? null
  }

  /** The version that was secured under this key. */
  versionOf(key: string): KnownVersion | undefined {
    return this.versions.get(key)
  }

  rememberVersion(key: string, version: KnownVersion): void {
    put(this.versions, key, version)
  }

  remember(key: string, digest: string, receipt: Promise<Receipt>): void {
    const entry = { digest, receipt }
    put(this.known, key, entry)
    const judge = (it: Receipt): void => {
      const passing = it.outcome === 'superseded' || (it.outcome === 'refused' && it.retry)
      if (passing && this.known.get(key) === entry) this.known.delete(key)
    }
    void receipt.then((it) => (it.outcome === 'waiting' ? void it.decided.then(judge) : judge(it)))
  }
}

function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > MOST_KEYS && oldest !== undefined) map.delete(oldest)
}
