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
  abilities: ['json', 'streams', 'reload', 'features'],
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
  return { ...running, reload: createReload(adminPort, token) }
}

function createReload(adminPort: number, token: string): () => Promise<ReloadDone> {
  let chosen = 'bench-a'
  return async () => {
    const model = chosen === 'bench-a' ? 'bench-b' : 'bench-a'
    const targets = ['bench-a', 'bench-b'].map((it) => ({ model: it, weight: it === model ? 1 : 0 }))
    const startedMs = performance.now()
    const { status, body } = await exchange({
      port: adminPort,
      method: 'PATCH',
      path: '/v1/settings',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ routes: { bench: { targets } } }),
    })
    if (status !== 200) throw new Error(`a reload was refused with status ${status}: ${body.slice(0, 500)}`)
    chosen = model
    const { version } = JSON.parse(body) as { version: string }
    return { tookMs: performance.now() - startedMs, expects: { version, model } }
  }
}
