/**
 * A plain Node service whose scoring model changes while it serves.
 * Run it, ask it, edit `model.json`, ask again: `README.md`.
 */
import { createServer } from 'node:http'
import { resolve } from 'node:path'
import { createReloader, fileHandle, fileStore } from '@changeover/reload'

type Score = (features: Readonly<Record<string, number>>) => number
type Model = { readonly bias?: number; readonly weights?: Readonly<Record<string, unknown>> }

const [path = resolve(import.meta.dirname, 'model.json'), port = '8080'] = process.argv.slice(2)

const reloader = createReloader<{ scoring: Score }>({
  store: fileStore(`${path}.state`),
  limits: { bakeMs: 1_000 },
  participants: {
    scoring: {
      kinds: ['model'],
      validate({ settings }) {
        const { weights = {} } = (settings['model']?.['main'] ?? {}) as Model
        return Object.entries(weights).flatMap(([name, weight]) => {
          const message = `the weight of "${name}" is ${JSON.stringify(weight)}, expected a number`
          return typeof weight === 'number'
            ? []
            : [{ code: 'scoring.weight', message, pointer: `/model/main/weights/${name}` }]
        })
      },
      prepare({ settings }): Score {
        const { bias = 0, weights = {} } = (settings['model']?.['main'] ?? {}) as Model
        const terms = Object.entries(weights) as [string, number][]
        return (features) => terms.reduce((sum, [name, weight]) => sum + weight * (features[name] ?? 0), bias)
      },
      check(score) {
        if (!Number.isFinite(score({}))) throw new Error('the model scores nothing')
      },
    },
  },
})

const server = createServer((request, response) => {
  if (reloader.current() === null) return response.writeHead(503).end('no model yet\n')
  // One pin for one request: whatever is swapped meanwhile, this answer is all of one version.
  const pin = reloader.acquire()
  response.once('close', () => pin.release())
  const { searchParams } = new URL(request.url ?? '/', 'http://service')
  const features = Object.fromEntries([...searchParams].map(([name, value]) => [name, Number(value)]))
  const { version, parts } = pin.snapshot
  response.setHeader('content-type', 'application/json')
  response.end(`${JSON.stringify({ version, score: parts.scoring(features) })}\n`)
})

reloader.subscribe(({ version, status, message }) => {
  if (status !== undefined) console.log(`${version ?? 'an offer'}: ${status}${message ? `, ${message}` : ''}`)
})
await reloader.start()
reloader.watch(fileHandle(path))
server.listen(Number(port), '127.0.0.1', () => console.log('listening on', server.address()))
process.once('SIGTERM', () => server.close(() => void reloader.close()))
