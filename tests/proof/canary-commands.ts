/** What can happen to a rollout, as commands: it begins, is fed, moved by people, frozen, overtaken, and it fails. */
import type { Receipt, RolloutPolicy, RolloutStatus } from '@changeover/reload'
import fc from 'fast-check'
import { BY_HAND, isBeside, isGoing } from './canary-watch.ts'
import { type Command, command, marked, spec, spell } from './command.ts'
import type { World } from './world.ts'

const BAKE_MS = 1_000
const analysis = { everyMs: 250, extendMs: 1_500 } as const

const policy: fc.Arbitrary<RolloutPolicy> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      strategy: fc.constant('canary' as const),
      unit: fc.constant('tenant' as const),
      steps: fc.constantFrom(
        [
          { share: 0.3, forMs: 1_000 },
          { share: 0.6, forMs: 1_000 },
        ],
        [{ share: 0.4, forMs: null }],
        [
          { share: 0.2, forMs: 1_000 },
          { share: 0.5, forMs: 1_000 },
          { share: 1, forMs: BAKE_MS },
        ],
      ),
      analysis: fc.constantFrom(analysis, { ...analysis, onInconclusive: 'pause' as const }),
      meanwhile: fc.constantFrom(
        'supersede' as const,
        'supersede' as const,
        'queue' as const,
        'refuse' as const,
      ),
      bakeMs: fc.constant(BAKE_MS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<RolloutPolicy>(
      { strategy: 'blueGreen', forMs: 1_000, bakeMs: BAKE_MS },
      { strategy: 'blueGreen', bakeMs: BAKE_MS },
      { strategy: 'shadow', forMs: 1_000, bakeMs: BAKE_MS, analysis },
    ),
  },
)

const shown = ({ strategy, steps = [], meanwhile }: RolloutPolicy): string =>
  `${strategy} ${steps.map((it) => it.share).join(' ')} ${meanwhile ?? ''}`.trim()

const isCalm = (world: World): boolean =>
  world.disk.failWrites + world.disk.dieAtWrite === 0 && !world.powerless

function publish(
  world: World,
  settings: ReturnType<World['tree']>,
  rollout: RolloutPolicy,
  manual: boolean,
): Promise<Receipt> {
  return world.reloader.publish({ settings, rollout }, world.origin({ manual }))
}

const canary = fc.tuple(spec, policy, fc.boolean()).map(([wish, rollout, manual]) =>
  command(`rollout(${spell(wish)}, ${shown(rollout)}${manual ? ', by hand' : ''})`, (world) => {
    const asked = publish(world, world.tree(marked(world, wish)), rollout, manual)
    world.ask(manual ? BY_HAND : 'rollout', asked)
  }),
)

const traffic = fc
  .constantFrom(
    { candidate: 0, others: 0 },
    { candidate: 1, others: 0 },
    { candidate: 3, others: 0 },
    { candidate: 1, others: 1 },
  )
  .map((fails) =>
    command(
      `traffic(one in ${fails.candidate} of the candidate fails, one in ${fails.others} of the others)`,
      (world) => {
        if (world.reloader.current() !== null) world.canary.traffic(world.reloader, fails)
      },
    ),
  )

const wellFor = fc.constantFrom(1_000, 3_000).map((ms) =>
  command(`good traffic for ${ms} ms`, async (world) => {
    for (let past = 0; past < ms; past += 250) {
      if (world.powerless || world.reloader.current() === null) return
      world.canary.traffic(world.reloader, { candidate: 0, others: 0 })
      await world.advance(250)
    }
  }),
)

/** What people do; that it cannot be done now is no fault. */
function byPeople(name: string, act: (world: World, rollout: RolloutStatus) => Promise<unknown>): Command {
  return command(name, async (world) => {
    const rollout = world.reloader.rollout()
    if (rollout === null) return
    const asked: { error: unknown; isDone: boolean } = { error: null, isDone: false }
    act(world, rollout)
      .catch((error: unknown) => {
        asked.error = error
      })
      .finally(() => {
        asked.isDone = true
      })
    // What waits for a disk that has lost its power never comes.
    for (let i = 0; i < 8 && !asked.isDone; i++) await world.settle()
    if (world.powerless) return
    const { error } = asked
    const code = (error as { code?: string } | null)?.code
    if (error !== null && !/^rollout\.(unknown|cannot|frozen)$/.test(code ?? '')) throw error
  })
}

const byAnn = { actor: 'user:ann' }
const promote = fc.constantFrom('next' as const, 'full' as const, 'confirmed' as const).map((to) =>
  byPeople(`promote(${to})`, async (world, rollout) => {
    const wasBeside = isBeside(rollout)
    const baseline = world.reloader.status().baseline?.digest
    const done = world.reloader.promote(rollout.id, { to }, byAnn)
    // In this very block: full traffic is not yet the end of the trial.
    const after = world.reloader.status()
    if (wasBeside && to !== 'confirmed' && after.baseline?.digest !== baseline) {
      throw new Error('brokeBake: a version was promoted and is the baseline at once')
    }
    await done
    await world.settle()
    const now = world.reloader.rollout()
    if (wasBeside && to === 'full' && now?.id === rollout.id && now.state === 'complete') {
      throw new Error('brokeBake: a version was promoted and confirmed without having baked')
    }
  }),
)
const pause = fc.constant(byPeople('pause', (world, it) => world.reloader.pause(it.id, 'lunch', byAnn)))
const resume = fc.constant(byPeople('resume', (world, it) => world.reloader.resume(it.id, byAnn)))
const abort = fc.constant(
  byPeople('abort', (world, rollout) => {
    const done = world.reloader.abort(rollout.id, 'by design', byAnn)
    const { candidate, baseline, applied } = world.reloader.status()
    if (isGoing(rollout) && baseline !== null && baseline.digest !== rollout.id) {
      if (candidate !== null || applied?.digest === rollout.id) {
        throw new Error('brokeI15: an aborted candidate is still in service')
      }
    }
    return done
  }),
)

const freeze = fc.boolean().map((isOn) =>
  command(isOn ? 'a freeze begins' : 'the freeze ends', (world) => {
    world.canary.frozen(isOn ? 'by design' : null, world.reloader.rollout())
  }),
)

const fine = { behaviour: 'fine', where: 'alpha', connection: 'x' } as const
const STEPS: RolloutPolicy = {
  strategy: 'canary',
  unit: 'tenant',
  steps: [
    { share: 0.5, forMs: 1_000 },
    { share: 0.8, forMs: 1_000 },
  ],
  analysis,
  bakeMs: BAKE_MS,
}

/** A canary on trial, and nothing that could excuse what then happens to it. */
async function onTrial(world: World, rollout: RolloutPolicy): Promise<RolloutStatus | null> {
  const { state, baseline } = world.reloader.status()
  if (state !== 'idle' || baseline === null || !isCalm(world) || world.canary.freeze !== null) return null
  const asked = world.ask('on trial', publish(world, world.tree(marked(world, fine)), rollout, true))
  await world.settle()
  if (!isCalm(world) || asked.receipt?.outcome !== 'applied') return null
  const going = world.reloader.rollout()
  return isBeside(going) ? going : null
}

/** Every third is beneath what the guard calls dead: only the comparison sees it. */
const fails = fc.constantFrom(1, 3).map((oneIn) =>
  command(`a canary fails one request in ${oneIn}`, async (world) => {
    const rollout = await onTrial(world, STEPS)
    if (rollout === null) return
    for (let i = 0; i < 24 && isBeside(world.reloader.rollout()); i++) {
      world.canary.traffic(world.reloader, { candidate: oneIn, others: 0 })
      await world.advance(250)
    }
    const after = world.reloader.rollout()
    if (!isCalm(world) || after?.id !== rollout.id) return
    if (after.state !== 'rolled_back') throw new Error(`brokeVerdict: a canary that fails is ${after.state}`)
    if (!world.reloader.status().quarantine.some((it) => it.digest === rollout.id)) {
      throw new Error('brokeI5: a canary that failed is not in quarantine')
    }
  }),
)

const queued = fc.constant(
  command('a change waits for a rollout', async (world) => {
    const rollout = await onTrial(world, { ...STEPS, meanwhile: 'queue' })
    if (rollout === null) return
    const wish = marked(world, fine)
    const asked = world.ask('queued', publish(world, world.tree(wish), { strategy: 'allAtOnce' }, false))
    await world.settle()
    if (!isCalm(world) || world.reloader.status().breaker !== 'closed') return
    if (asked.receipt?.outcome !== 'waiting') {
      throw new Error(`brokeQueue: a change that should wait was answered ${asked.receipt?.outcome}`)
    }
    await world.reloader.promote(rollout.id, { to: 'confirmed' }, byAnn)
    await world.settle()
    const decided = await Promise.race([asked.receipt.decided, Promise.resolve(null)])
    if (!isCalm(world) || world.waitsForRoom) return
    if (decided?.outcome === 'refused' && decided.code === 'reload.generations') return
    if (world.reloader.current()?.parts.alpha.mark !== wish.mark) {
      throw new Error(
        `brokeQueue: a change that waited its turn was answered ${decided?.outcome ?? 'nothing'}`,
      )
    }
  }),
)

const frozenOut = fc.constant(
  command('a change comes during a freeze', async (world) => {
    const before = world.reloader.current()
    const { state } = world.reloader.status()
    if (before === null || !isCalm(world) || state !== 'idle') return
    const held = world.canary.freeze
    world.canary.freeze = 'by design'
    const asked = world.ask('frozen', publish(world, world.tree(marked(world, fine)), STEPS, false))
    await world.settle()
    world.canary.freeze = held
    if (!world.powerless && asked.receipt?.outcome === 'applied') {
      throw new Error('brokeFreeze: a change came in during a freeze')
    }
  }),
)

const back = fc.constant(
  command('what is in force is asked for again during a rollout', async (world) => {
    const rollout = await onTrial(world, STEPS)
    const current = world.reloader.current()
    if (rollout === null || current === null) return
    const bytes = new TextEncoder().encode(JSON.stringify(current.settings))
    const asked = world.ask('back', world.reloader.offer(bytes, world.origin({ manual: true })))
    await world.settle()
    if (!isCalm(world) || asked.receipt?.outcome !== 'unchanged') return
    if (world.reloader.status().candidate !== null) {
      throw new Error('brokeI13: the newest wish is what is in force, and a candidate goes on')
    }
    world.canary.traffic(world.reloader, { candidate: 0, others: 0 })
  }),
)

/** Twice as many of those that begin and feed rollouts: the others find nothing to act upon without them. */
export const canaryCommands: readonly fc.Arbitrary<Command>[] = [
  canary,
  canary,
  traffic,
  wellFor,
  promote,
  pause,
  resume,
  abort,
  freeze,
  fails,
  queued,
  frozenOut,
  back,
]
