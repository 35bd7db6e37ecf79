/**
 * The trust in force: a fixed list of keys, or the newest root of a chain that only grows.
 *
 * What is kept in the store is believed only as far as signatures lead to it from the root that the operator gave at
 * this start: whoever can write to the state directory has no key. A new root is in force from the moment at which
 * `turnTo` is called, for every payload that has not reached its swap.
 *
 * Not here: taking a root that is offered (`root-offer.ts`).
 */
import type { InstanceRecords } from '../contract/store.ts'
import type { RootAnchor, RootStatus, TrustPolicy } from '../contract/trust.ts'
import { ReloadError } from '../errors.ts'
import { readTrust, type Trust } from '../format/trust.ts'
import { joined, type RootChain, readRootChain } from '../trust/root-chain.ts'

export class TrustInForce {
  private readonly option: TrustPolicy | RootAnchor | null
  private roots: RootChain | null = null

  constructor(option: TrustPolicy | RootAnchor | null) {
    this.option = option
  }

  /** `null` where nobody's signature is asked for. Throws `trust.unusable`, `payload.*` and `trust.*` for a bad option. */
  get now(): Trust | null {
    if (this.option === null) return null
    if ('keys' in this.option) return readTrust(this.option)
    this.roots ??= readRootChain(this.option.root)
    return this.roots.now.trust
  }

  /** The chain of roots; `null` where keys are a fixed list. */
  get chain(): RootChain | null {
    return this.now === null ? null : this.roots
  }

  /**
   * Goes on from what an earlier process kept. True when the store does not hold the chain as it is now. Throws when
   * what is kept and what the operator gave cannot be one line of roots.
   */
  resume(record: InstanceRecords['root'] | null): boolean {
    const { chain } = this
    if (chain === null) return false
    if (record === null) return true
    const text = `[${record.chain.join(',')}]`
    const kept = readRootChain(new TextEncoder().encode(text))
    if (kept.now.trust.digest !== record.digest) throw new ReloadError('store.corrupt', { what: 'the root' })
    this.roots = joined(chain, kept)
    return this.roots.now.trust.version !== record.version
  }

  turnTo(chain: RootChain): void {
    this.roots = chain
  }

  status(nowMs: number): RootStatus | null {
    const { chain } = this
    if (chain === null) return null
    const { document, trust } = chain.now
    return {
      version: trust.version,
      digest: trust.digest ?? '',
      issuedAt: document.issuedAt,
      expires: document.expires,
      isExpired: isExpired(trust, nowMs),
      owners: document.owners ?? {},
      roles: document.roles,
      approvals: trust.approvals,
    }
  }
}

/** Whether what is new may not come in any more. */
export function isExpired({ expiresMs }: Trust, nowMs: number): boolean {
  return expiresMs !== null && nowMs >= expiresMs
}

/** As it is kept. */
export function recordOf({ roots, now }: RootChain): InstanceRecords['root'] {
  const chain = roots.map((it) => new TextDecoder().decode(it.envelope))
  return { version: now.trust.version, digest: now.trust.digest ?? '', chain }
}
