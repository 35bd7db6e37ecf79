/**
 * Writes the first file of a program: it runs the bundle, from compiled code where there is some (`load-compiled.mjs`).
 *
 * Where the program is a gateway, it first sees to the flags and the environment that a gateway is to run under: what
 * is missing is added, and Node takes the place of itself in the same process. That costs the start of an empty Node,
 * some 30 ms, where somebody starts the file by hand. What was given otherwise stays, and so it does where Node
 * cannot do that: before 22.15, on Windows, and in a process that talks to its parent (the channel would be lost).
 *
 * An older Node is told so in a sentence: the one on the machine may be older than the one that comes with the install,
 * and whoever starts the file by its path gets the former.
 *
 * Compiled code stands beside the bundle, where only its owner writes, and not in the shared temporary folder, where
 * another user could have put compiled code of theirs. It is kept after the start and not only at exit: a gateway
 * that is killed has no exit.
 */
import { readFileSync } from 'node:fs'
import { earlyFlags, gatewayEnvironment, gatewayFlags, lateFlags, withoutMaglev } from './node-flags.mjs'

const loader = readFileSync(new URL('./load-compiled.mjs', import.meta.url), 'utf8').replace(/^export /gm, '')

/**
 * `bundle`: the file in the same folder that is run. `build`: what tells it from all other builds. `gatewayWhen`: an
 * expression, true when what was asked for is a gateway; `null`: always.
 */
export function writeLauncher({ bundle, build, gatewayWhen }) {
  return `#!/usr/bin/env node
${loader}
const { argv, env, execArgv, execPath } = process
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    \`this needs Node 22.19 or newer and was started with \${process.version}; "npm start" and "npx changeover" take the Node that came with the install\\n\`,
  )
  process.exit(1)
}
const isGateway = ${gatewayWhen ?? 'true'}
const given = [...execArgv, ...(env.NODE_OPTIONS ?? '').split(' ')].map(nameOf)
const isMissing = (flag) => !given.includes(nameOf(flag))

function nameOf(flag) {
  return flag.split('=')[0].replaceAll('_', '-').replace(/^--no-/, '--')
}

function giveFlags() {
  const missing = ${JSON.stringify(gatewayFlags)}.filter(isMissing)
  const environment = { ...${JSON.stringify(gatewayEnvironment)}, ...env }
  const isComplete = missing.length === 0 && Object.keys(environment).every((it) => it in env)
  if (isComplete || process.execve === undefined || process.channel !== undefined) return
  process.execve(execPath, [execPath, ...execArgv, ...missing, ...argv.slice(1)], environment)
}

function setFlags(flags, when) {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8')
  const more = isMissing('--maglev') ? (${JSON.stringify(withoutMaglev)}[major]?.[when] ?? []) : []
  for (const flag of [...flags, ...more].filter(isMissing)) setFlagsFromString(flag)
}

function whenLoaded() {
  // The two that a server loads when it begins to listen: after this they would be compiled from their sources.
  for (const late of ['node:cluster', 'node:dns']) process.getBuiltinModule(late)
  goLate()
}

if (isGateway) giveFlags()
const here = dirname(process.getBuiltinModule('node:url').fileURLToPath(import.meta.url))
// V8's own word on what its compiled code depends on: its version, its flags and the processor.
const kind = process.getBuiltinModule('node:v8').cachedDataVersionTag().toString(36)
const { load, keep, goLate } = createLoader(
  join(here, '.compiled', \`${build}-\${process.version}-\${kind}\`),
  {
    early: () => setFlags(${JSON.stringify(earlyFlags)}, 'early'),
    late: () => setFlags(${JSON.stringify(lateFlags)}, 'late'),
  },
)
// Once more for what is loaded on first use, the admin API above all.
for (const afterMs of [2_000, 60_000]) setTimeout(keep, afterMs).unref()
process.once('exit', keep)
if (isGateway) process.getBuiltinModule('node:diagnostics_channel').subscribe('changeover.beginning', whenLoaded)
load(join(here, ${JSON.stringify(bundle)}))
`
}
