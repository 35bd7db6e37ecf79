/** HAProxy as a plain proxy with one thread: the second opinion on where the limit is. Does as little as nginx does. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findCommand, versionOf } from '../machine.ts'
import type { Candidate } from './candidate.ts'
import { launch } from './launch.ts'
import { freePort } from './ready.ts'

export const haproxy: Candidate = {
  name: 'haproxy',
  label: 'HAProxy (plain proxy)',
  abilities: ['json', 'streams'],
  warmUpMs: 1_000,
  look() {
    const command = findCommand('haproxy')
    if (command === null) return { absent: 'not installed' }
    return { version: versionOf(command, '-v', /version (\S+)/) }
  },
  async start(surroundings) {
    const port = await freePort()
    const file = join(surroundings.folder, 'haproxy.cfg')
    writeFileSync(file, settings(port, surroundings.upstreamPort))
    return launch(
      {
        name: 'haproxy',
        command: findCommand('haproxy') ?? 'haproxy',
        args: ['-f', file, '-db'],
        target: { port, headers: {}, model: 'bench' },
      },
      surroundings,
    )
  },
}

function settings(port: number, upstreamPort: number): string {
  return `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
  option http-no-delay
frontend callers
  bind 127.0.0.1:${port} backlog 1024
  http-request set-header authorization "Bearer upstream-key"
  http-response set-header x-bench 1
  default_backend provider
backend provider
  server provider 127.0.0.1:${upstreamPort} pool-max-conn 512
`
}
