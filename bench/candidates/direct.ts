/** No gateway at all: what remains when nothing stands between caller and provider. The zero of every added latency. */
import type { Candidate } from './candidate.ts'

export const direct: Candidate = {
  name: 'direct',
  label: 'direct (no gateway)',
  abilities: ['json', 'streams'],
  warmUpMs: 1_000,
  look: () => ({ version: process.version }),
  start: ({ upstreamPort }) =>
    Promise.resolve({
      target: { port: upstreamPort, headers: {}, model: 'bench', pid: null },
      child: null,
      startMs: 0,
      rssIdleBytes: 0,
      stop: () => Promise.resolve(),
    }),
}
