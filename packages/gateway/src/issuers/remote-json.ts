/**
 * Fetches the few documents that identity providers publish: small JSON, no redirects, a deadline.
 *
 * Hosts that the settings name may be anywhere; a host that a fetched document names may not be inside: whoever
 * answers for an issuer must not be able to make this process ask its neighbours. A name could still change its
 * address between the look and the request, so what is asked for is a document of keys and nothing is told about
 * an answer that is none.
 */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

export interface RemoteJsonOptions {
  readonly fetch?: typeof fetch
  /** Addresses of a host. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
}

const LONGEST_BYTES = 256 * 1024
const TIMEOUT_MS = 5_000

/** Reads JSON. Throws whatever went wrong; nothing of the answer is in it. */
export async function readRemoteJson(url: string, options: RemoteJsonOptions = {}): Promise<unknown> {
  const response = await (options.fetch ?? fetch)(url, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return JSON.parse(await readSmall(url, response)) as unknown
}

async function readSmall(url: string, response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > LONGEST_BYTES) throw new Error(`${url} answered more than ${LONGEST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Whether a URL that `named` led to may be asked: of the same origin, or by https at a public address. */
export async function isAllowedFrom(
  named: string,
  found: string,
  options: RemoteJsonOptions = {},
): Promise<boolean> {
  const [from, to] = [URL.parse(named), URL.parse(found)]
  if (from === null || to === null) return false
  if (from.origin === to.origin) return true
  if (to.protocol !== 'https:') return false
  const host = to.hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) === 0 ? await (options.resolve ?? resolveAll)(host) : [host]
  return addresses.length > 0 && addresses.every((it) => !isInside(it))
}

async function resolveAll(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map((it) => it.address)
}

const inside = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  inside.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  inside.addSubnet(net, prefix, 'ipv6')

/** Of this machine, of this network, or of none: nothing that the public reaches. */
function isInside(address: string): boolean {
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1]
  if (mapped !== undefined) return isInside(mapped)
  const family = isIP(address)
  return family === 0 || inside.check(address, family === 4 ? 'ipv4' : 'ipv6')
}
