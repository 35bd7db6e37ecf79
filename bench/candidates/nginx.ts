/**
 * nginx as a plain proxy with one worker: the limit of what a proxy on one core can do. It checks no key,
 * reads no body and keeps no record; it replaces the credential and adds one header.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findCommand, versionOf } from '../machine.ts'
import type { Candidate, ReloadDone, Surroundings } from './candidate.ts'
import { launch } from './launch.ts'
import { freePort } from './ready.ts'

export const nginx: Candidate = {
  name: 'nginx',
  label: 'nginx (plain proxy)',
  abilities: ['json', 'streams', 'reload'],
  warmUpMs: 1_000,
  look() {
    const command = findCommand('nginx')
    if (command === null) return { absent: 'not installed' }
    return { version: versionOf(command, '-v', /nginx\/(\S+)/) }
  },
  async start(surroundings) {
    const port = await freePort()
    const file = join(surroundings.folder, 'nginx.conf')
    writeFileSync(file, settings(port, surroundings))
    const running = await launch(
      {
        name: 'nginx',
        command: findCommand('nginx') ?? 'nginx',
        args: ['-c', file, '-p', surroundings.folder, '-e', 'stderr'],
        target: { port, headers: {}, model: 'bench' },
      },
      surroundings,
    )
    return { ...running, reload: () => reload(running.child.pid) }
  },
}

/** Its master answers nothing, so how long a reload took is not known; what callers saw of it is. */
function reload(pid: number): Promise<ReloadDone> {
  process.kill(pid, 'SIGHUP')
  return Promise.resolve({ tookMs: 0 })
}

function settings(port: number, { folder, upstreamPort }: Surroundings): string {
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  return `daemon off;
worker_processes 1;
${user}
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  ${places.map((it) => `${it}_temp_path ${folder}/${it};`).join('\n  ')}
  keepalive_requests 100000000;
  upstream provider {
    server 127.0.0.1:${upstreamPort};
    keepalive 512;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer upstream-key";
      add_header x-bench 1;
    }
  }
}
`
}
