/**
 * What the command line says about whose word counts: the root to begin with, and the key with which this gateway
 * signs what it seals itself.
 *
 * Flags and not settings, because a root must not be changed by the payload that it verifies. Why not watched: a
 * root that is put into place while everything runs comes by the admin API, or is read at SIGHUP, where somebody
 * sees the answer. See `docs/decisions/2026-11-21-a-signed-root.md`.
 */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  type Freshness,
  isReloadError,
  keyIdOf,
  type Reloader,
  ROOT_ENVELOPE_TYPE,
  type RootAnchor,
  readRootChain,
  type Signer,
} from '@changeover/reload'
import type { Flags } from './flags.ts'
import { StartError } from './listen-error.ts'

export interface TrustPlace {
  readonly anchor: RootAnchor | null
  readonly signer: Signer | null
  readonly freshness: Freshness | null
  /** Reads the root again and offers it when it is newer than the one in force. */
  reread(reloader: Reloader<unknown>): Promise<void>
}

interface Surroundings {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Throws a `StartError` when a file cannot be read or is not what it should be. */
export async function openTrust(flags: Flags, around: Surroundings): Promise<TrustPlace> {
  const { signingKey, staleMs, failClosed } = flags
  const named = flags.trust ?? around.env['CHANGEOVER_TRUST'] ?? ''
  const path = named === '' ? null : resolve(around.cwd, named)
  const root = path === null ? null : await readRootFile(path, named)
  const signer = signingKey === null ? null : await readSigner(signingKey, around)
  return {
    anchor: root === null ? null : { root },
    signer,
    freshness: staleMs === 0 ? null : { maxAgeMs: staleMs, failClosed },
    async reread(reloader) {
      if (path === null) return
      const bytes = new Uint8Array(await readFile(path))
      const { version } = readRootChain(bytes).now.trust
      if (version <= (reloader.status().root?.version ?? 0)) return
      const mediaType = ROOT_ENVELOPE_TYPE
      await reloader.trust(bytes, { trigger: 'signal', source: named, mediaType, actor: 'signal:SIGHUP' })
    },
  }
}

/** Read once here, so that what is wrong with it is said before anything is opened. */
async function readRootFile(path: string, named: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(
    await readFile(path).catch((cause: unknown) => cannotRead('--trust', named, cause)),
  )
  try {
    readRootChain(bytes)
    return bytes
  } catch (error) {
    if (!isReloadError(error)) throw error
    const why = [error.message, ...error.issues.map((it) => it.message)]
    throw new StartError(`--trust "${named}" is no root to trust: ${[...new Set(why)].join('; ')}`)
  }
}

async function readSigner(reference: string, { cwd, env }: Surroundings): Promise<Signer> {
  const [, kind = 'file', place = reference] = /^\$\{(env|file):([^}]+)\}$/.exec(reference) ?? []
  const pem =
    kind === 'env'
      ? (env[place] ?? '')
      : await readFile(resolve(cwd, place), 'utf8').catch((cause: unknown) =>
          cannotRead('--signing-key', place, cause),
        )
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    // Without the cause: it may quote what it found.
    throw new StartError(`--signing-key "${reference}" holds no private key, expected Ed25519 in PKCS#8 PEM`)
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new StartError(`--signing-key "${reference}" is of type ${key.asymmetricKeyType}, expected ed25519`)
  return { keyid: keyIdOf(key), sign: (bytes) => sign(null, bytes, key) }
}

function cannotRead(flag: string, name: string, cause: unknown): never {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown'
  throw new StartError(`${flag} "${name}" cannot be read (${code})`)
}
