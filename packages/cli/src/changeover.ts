/** The `changeover` command: the process around `run-cli.ts`. */
import { userInfo } from 'node:os'
import { buffer } from 'node:stream/consumers'
import { runCli } from './run-cli.ts'

const interrupted = new AbortController()
const [command] = process.argv.slice(2)
// A gateway has its own way of ending.
if (command !== 'serve') process.once('SIGINT', () => interrupted.abort())
// Whoever reads only the first lines of an answer is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

// Where nothing is left to wait for before it has ended: as Node ends a program whose `await` never came.
process.exitCode = 13
// No `await`: the bundle is CommonJS.
void runCli({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  readStdin: () => buffer(process.stdin),
  user: userName(),
  now: () => Date.now(),
  signal: interrupted.signal,
}).then((code) => {
  process.exitCode = code
})

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}
