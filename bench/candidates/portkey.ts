/**
 * Portkey's open-source gateway: the nearest peer, a Node gateway from npm.
 *
 * Streams are left out: as installed, version 1.15.2 answers them with status 500 on the Node versions that
 * Changeover runs on.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Candidate } from './candidate.ts'
import { launch } from './launch.ts'
import { freePort } from './ready.ts'

const folder = fileURLToPath(new URL('../node_modules/@portkey-ai/gateway/', import.meta.url))

export const portkey: Candidate = {
  name: 'portkey',
  label: "Portkey's gateway",
  abilities: ['json'],
  // It goes on getting faster for about this long.
  warmUpMs: 12_000,
  look() {
    if (!existsSync(`${folder}build/start-server.js`)) return { absent: 'not installed (npm ci in bench/)' }
    const { version } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as { version: string }
    return { version }
  },
  async start(surroundings) {
    const port = await freePort()
    return launch(
      {
        name: 'portkey',
        command: process.execPath,
        args: [`${folder}build/start-server.js`, '--headless', `--port=${port}`],
        env: { NODE_ENV: 'production' },
        target: {
          port,
          headers: {
            authorization: 'Bearer upstream-key',
            'x-portkey-provider': 'openai',
            'x-portkey-custom-host': `http://127.0.0.1:${surroundings.upstreamPort}/v1`,
          },
          model: 'bench',
        },
      },
      surroundings,
    )
  },
}
