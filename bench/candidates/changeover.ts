/**
 * Changeover as it is published: the built bundle, started as a user starts it, with everything on.
 *
 * A reload goes through the admin API and moves a route's whole weight from one model to the other, so that
 * each version chooses another model than the one before: an answer whose version and model disagree was of
 * mixed version.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gatewayEnvironment, gatewayFlags } from '../../scripts/parts/node-flags.mjs'
import type { Candidate, ReloadDone, Surroundings } from './candidate.ts'
import { launch } from './launch.ts'
import { exchange, freePort, send } from './ready.ts'
import { callerKey, writeSettings } from './settings.ts'

const program = fileURLToPath(new URL('../../packages/gateway/dist/main.js', import.meta.url))
const manifest = new URL('../../packages/gateway/package.json', import.meta.url)

export const changeover: Candidate = {
  name: 'changeover',
  label: '**Changeover**',
  abilities: ['json', 'streams', 'reload', 'features', 'canary', 'costs'],
  warmUpMs: 5_000,
  look() {
    if (!existsSync(program)) return { absent: 'not built (packages/gateway/dist/main.js)' }
    return { version: (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version }
  },
  start,
}

async function start(surroundings: Surroundings): ReturnType<Candidate['start']> {
  const [port, adminPort] = [await freePort(), await freePort()]
  const settings = join(surroundings.folder, 'changeover.yaml')
  writeFileSync(settings, writeSettings(surroundings.upstreamPort))
  const token = `bench_${randomBytes(18).toString('base64url')}`
  const flags = Object.entries({
    settings,
    state: join(surroundings.folder, 'state'),
    port: String(port),
    'admin-port': String(adminPort),
  }).flatMap(([name, value]) => [`--${name}`, value])
  const running = await launch(
    {
      name: 'changeover',
      command: process.execPath,
      args: [...gatewayFlags, program, ...flags],
      env: {
        ...gatewayEnvironment,
        NODE_ENV: 'production',
        CHANGEOVER_ADMIN_TOKEN: token,
        BENCH_PROVIDER_KEY: 'upstream-key',
      },
      target: { port, headers: { authorization: `Bearer ${callerKey}` }, model: 'bench' },
      ready: () => send({ port: adminPort, method: 'GET', path: '/readyz' }),
    },
    surroundings,
  )
  const patch = createPatch(adminPort, token)
  const change = async (to: object): Promise<void> => void (await patch(to))
  return { ...running, reload: createReload(patch), tryBeside: createCanary(patch), change }
}

type Patch = (change: object, query?: string) => Promise<{ version: string; attempt: string }>

function createPatch(
  adminPort: number,
  token: string,
): Patch & { readonly abort: (attempt: string) => Promise<void> } {
  const headers = { authorization: `Bearer ${token}` }
  const send = async (method: string, path: string, type: string, body: object): Promise<string> => {
    const answer = await exchange({
      port: adminPort,
      method,
      path,
      headers: { ...headers, 'content-type': type },
      body: JSON.stringify(body),
    })
    if (answer.status === 200) return answer.body
    throw new Error(
      `${method} ${path} was refused with status ${answer.status}: ${answer.body.slice(0, 500)}`,
    )
  }
  const patch = async (change: object, query = ''): ReturnType<Patch> =>
    JSON.parse(
      await send('PATCH', `/v1/settings${query}`, 'application/merge-patch+json', change),
    ) as Awaited<ReturnType<Patch>>
  const abort = async (attempt: string): Promise<void> => {
    await send('POST', `/v1/reloads/${attempt}/abort`, 'application/json', { reason: 'measured' })
  }
  return Object.assign(patch, { abort })
}

/** Half of the requests, each placed for itself, so that every one is hashed; compared every second, as it would be. */
function createCanary(
  patch: ReturnType<typeof createPatch>,
): NonNullable<Awaited<ReturnType<Candidate['start']>>['tryBeside']> {
  let requests = 999_999_999
  return async () => {
    // What was taken back once is not tried again: each time another number that nobody reaches.
    requests -= 1
    const { attempt } = await patch(
      { limits: { plenty: { requests } } },
      '?strategy=canary&by=request&steps=50%25',
    )
    return () => patch.abort(attempt)
  }
}

function createReload(patch: Patch): () => Promise<ReloadDone> {
  let chosen = 'bench-a'
  return async () => {
    const model = chosen === 'bench-a' ? 'bench-b' : 'bench-a'
    const targets = ['bench-a', 'bench-b'].map((it) => ({ model: it, weight: it === model ? 1 : 0 }))
    const startedMs = performance.now()
    const { version } = await patch({ routes: { bench: { targets } } })
    chosen = model
    return { tookMs: performance.now() - startedMs, expects: { version, model } }
  }
}
