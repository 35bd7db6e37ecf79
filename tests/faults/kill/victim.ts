/**
 * A service that embeds the engine, and dies where it was told to, or by a version that it took.
 *
 * It comes back on its state directory, says how it came back, does what its plan says, and is killed at the latest
 * when it has nothing more to do: no life ends in order.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  createReloader,
  fileStore,
  type Origin,
  type Participant,
  type Receipt,
  type Reloader,
  type RolloutPolicy,
  type SettingsTree,
} from '@changeover/reload'
import { killingFiles } from './killing-files.ts'
import type { LifePlan, Operation, Saying, Serving, Wanted } from './life.ts'
import { Steps, sayLine } from './steps.ts'

interface Part {
  readonly marker: string
  readonly character: string
}
type Parts = { readonly routing: Part; readonly limits: Part }

const plan = JSON.parse(process.argv[2] ?? '') as LifePlan
const say = (saying: Saying): void => sayLine(saying)
const steps = new Steps({
  killAt: plan.killAt,
  passing: (name, version) => say({ kind: 'step', name, ...(version !== undefined && { version }) }),
  killing: (name) => say({ kind: 'killed', step: name }),
})

/** Both kinds hold the same marker: a snapshot of two versions would show. */
function settingsOf({ marker, character }: Wanted): SettingsTree {
  return { routing: { main: { marker, character } }, limits: { main: { marker, character } } }
}

function participant(kind: 'routing' | 'limits'): Participant<Part> {
  return {
    kinds: [kind],
    prepare({ settings }) {
      const part = settings[kind]?.['main'] as unknown as Part
      if (part.character === 'unbuildable') throw new Error('cannot be built')
      return { ...part }
    },
    committed({ character }) {
      if (kind === 'routing') return
      if (character === 'kills') process.kill(process.pid, 'SIGKILL')
      if (character === 'throws')
        setImmediate(() => {
          throw new Error('this version ends the process')
        })
      if (character === 'exits') setTimeout(() => process.exit(7), plan.bakeMs / 3)
      if (character === 'devours') setImmediate(devour)
    },
  }
}

/** Takes memory until there is none. */
function devour(): void {
  const taken: number[][] = []
  for (;;) taken.push(Array.from({ length: 100_000 }, () => taken.length))
}

function servingOf(reloader: Reloader<Parts>): Serving | null {
  if (reloader.current() === null) return null
  const pin = reloader.acquire()
  const { version, digest, parts, settings } = pin.snapshot
  pin.release()
  const written = Object.values(settings).map((it) => (it['main'] as unknown as Part).marker)
  return { version, digest, markers: [parts.routing.marker, parts.limits.marker, ...written] }
}

async function comeBack(reloader: Reloader<Parts>): Promise<void> {
  await reloader.start()
  const { applied, confirmed, baseline, floor, quarantine } = reloader.status()
  const audit = await reloader.audit()
  const files = [...readdirSync(plan.directory), ...readdirSync(join(plan.directory, 'blobs'))]
  const serving = servingOf(reloader)
  say({ kind: 'back', serving, applied, confirmed, baseline, floor, quarantine, audit, files })
}

const HALF: RolloutPolicy = { strategy: 'canary', steps: [{ share: 0.5, forMs: null }] }

async function publish(reloader: Reloader<Parts>, wanted: Wanted, byShares = false): Promise<Receipt> {
  const origin: Origin = { trigger: 'admin_api', source: 'victim', actor: 'user:ann' }
  const draft = { settings: settingsOf(wanted), ...(byShares && { rollout: HALF }) }
  const receipt = await reloader.publish(draft, origin)
  answered(reloader, wanted.marker, receipt)
  return receipt
}

function answered(reloader: Reloader<Parts>, marker: string, receipt: Receipt): void {
  const applied = receipt.outcome === 'applied' ? receipt : null
  say({
    kind: 'answered',
    marker,
    outcome: receipt.outcome,
    reason: 'reason' in receipt ? receipt.reason : 'code' in receipt ? receipt.code : '',
    version: applied?.version ?? null,
    digest: applied?.digest ?? null,
    serving: servingOf(reloader),
  })
}

async function perform(reloader: Reloader<Parts>, operation: Operation): Promise<void> {
  if (operation.does === 'publish both') {
    await Promise.all([publish(reloader, operation.first), publish(reloader, operation.second)])
    return
  }
  if (operation.does === 'roll back') {
    const receipt = await reloader.rollback({ trigger: 'rollback', source: 'victim', actor: 'user:ann' })
    answered(reloader, '', receipt)
    if (receipt.outcome === 'applied') await receipt.settled
    return
  }
  const receipt = await publish(reloader, operation.wanted, operation.byShares)
  if (receipt.outcome !== 'applied' || operation.after === 'go on') return
  if (operation.after === 'regress') await reloader.regress('the test says so')
  else if (receipt.rollout !== undefined) await reloader.promote(receipt.rollout.id, { to: 'full' })
  await receipt.settled
  // What is written down about it is asked for by now; this resolves when it has been tried.
  await reloader.release('none')
  await reloader.audit()
}

const reloader = createReloader<Parts>({
  scope: 'faults/kill',
  instance: 'victim',
  store: fileStore(plan.directory, {
    files: killingFiles(steps),
    recordBytes: 6_000,
    auditFileBytes: 12_000,
  }),
  participants: { routing: participant('routing'), limits: participant('limits') },
  limits: { bakeMs: plan.bakeMs, drainMs: 50, breakerFailures: 1_000 },
})
reloader.subscribe(({ attempt, state, version, rollout, status = null }) => {
  // A share that moves is still the same trial.
  if (rollout === undefined) say({ kind: 'state', attempt, state, version, status })
})
// Timers of the engine keep no process alive.
setInterval(() => {}, 1_000)
await comeBack(reloader)
for (const operation of plan.operations) await perform(reloader, operation)
say({ kind: 'idle' })
process.kill(process.pid, 'SIGKILL')
