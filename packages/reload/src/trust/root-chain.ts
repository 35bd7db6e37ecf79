/**
 * A line of roots from the first that was ever trusted here to the one in force: what is kept, and what is read
 * again at the next start, signature by signature.
 *
 * The operator's own root comes first. What is kept may go on from it and never contradict it, and it may go on from
 * what is kept, but nobody goes back: a root with a lower number than the one in force only says that the operator's
 * file is old.
 */
import { ReloadError } from '../errors.ts'
import { type Root, readNextRoot, readRoot, splitRoots } from './root.ts'

export interface RootChain {
  /** Oldest first, each signed by the one before; never empty. */
  readonly roots: readonly Root[]
  readonly now: Root
}

/** Begins a chain, or follows one in a list. Throws what `readRoot` and `readNextRoot` throw. */
export function readRootChain(bytes: Uint8Array): RootChain {
  const [first, ...others] = splitRoots(bytes)
  if (first === undefined) throw new TypeError('a list of roots is never empty')
  return others.reduce(extended, chainOf([readRoot(first)]))
}

/** With the next root at its end; as it is when the envelope is the last one again. */
export function extended(chain: RootChain, envelope: Uint8Array): RootChain {
  const next = readNextRoot(chain.now.trust, envelope)
  return next === null ? chain : chainOf([...chain.roots, next])
}

/**
 * With the roots that a text brings. In a list, those that the chain has already are passed over; a single root must
 * be the next one, or the last one again, which changes nothing.
 */
export function followed(chain: RootChain, bytes: Uint8Array): RootChain {
  const envelopes = splitRoots(bytes)
  if (envelopes.length === 1) return extended(chain, envelopes[0] ?? bytes)
  const after = joined(readRootChain(bytes), chain)
  return after.roots.length === chain.roots.length ? chain : after
}

/**
 * Joins what the operator trusts with what was kept. Throws `trust.root_conflict` when both have a root with one
 * number and they differ, and `trust.root_version` when there is a gap between them.
 */
export function joined(anchor: RootChain, kept: RootChain): RootChain {
  const first = kept.roots[0]?.trust.version ?? 1
  const known = new Map(kept.roots.map((it) => [it.trust.version, it.trust.digest]))
  let chain = kept
  let isTied = false
  for (const root of anchor.roots) {
    const { version, digest } = root.trust
    const held = known.get(version)
    if (held !== undefined && held !== digest) {
      const details = { version, found: digest ?? 'none', known: held ?? 'none' }
      throw new ReloadError('trust.root_conflict', details)
    }
    if (held === undefined && version > chain.now.trust.version) chain = extended(chain, root.envelope)
    isTied ||= version >= first
  }
  if (!isTied)
    throw new ReloadError('trust.root_version', { found: anchor.now.trust.version, expected: first })
  return chain
}

function chainOf(roots: readonly Root[]): RootChain {
  const now = roots.at(-1)
  if (now === undefined) throw new TypeError('a chain of roots is never empty')
  return { roots, now }
}
