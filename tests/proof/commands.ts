/**
 * What can happen to an instance, as fast-check commands. Each leaves the world settled, so that a
 * failing history shrinks to the few commands that matter; bursts and pending checks are commands too.
 */
import fc from 'fast-check'
import { canaryCommands } from './canary-commands.ts'
import { type Command, command, marked, spec, spell } from './command.ts'
import { assertHolds } from './oracles.ts'
import { order } from './version-order.ts'
import { KINDS, LIMITS, type World } from './world.ts'

const publish = fc.tuple(spec, fc.boolean()).map(([wish, manual]) =>
  command(`publish(${spell(wish)}${manual ? ', by hand' : ''})`, async (world) => {
    const before = world.reloader.current()
    const status = world.reloader.status()
    const idle = status.state === 'idle' || status.state === 'observing'
    const faults = world.disk.failWrites + world.disk.dieAtWrite
    const parts = world.ledger.liveParts
    const asked = world.ask(
      'publish',
      world.reloader.offer(world.bytes(marked(world, wish)), world.origin({ manual })),
    )
    await world.settle()
    if (asked.receipt?.outcome === 'refused' && idle && !world.powerless) {
      const after = world.reloader.current()
      const tookBack = status.state === 'observing' && world.reloader.status().state !== 'observing'
      if (after !== before && !tookBack) throw new Error('brokeI3: a refused reload changed what serves')
      if (world.ledger.liveParts > parts) throw new Error('brokeI3: a refused reload left parts behind')
    }
    const mayApply = wish.behaviour === 'fine' && manual && faults === 0 && idle
    if (mayApply && !world.powerless && asked.receipt !== null && asked.receipt.outcome !== 'applied') {
      if (asked.receipt.outcome === 'refused' && asked.receipt.code === 'reload.generations') return
      throw new Error(`brokeI13: a good change by hand was answered ${JSON.stringify(asked.receipt)}`)
    }
  }),
)

const burst = fc.array(spec, { minLength: 2, maxLength: 4 }).map((wishes) =>
  command(`burst(${wishes.map(spell).join(' | ')})`, async (world) => {
    const faults = world.disk.failWrites + world.disk.dieAtWrite
    const specs = wishes.map((it) => marked(world, it))
    const asked = specs.map((it) =>
      world.ask('burst', world.reloader.offer(world.bytes(it), world.origin({ manual: true }))),
    )
    await world.settle()
    const last = specs.at(-1)
    if (world.powerless || faults > 0 || last?.behaviour !== 'fine') return
    if (asked.at(-1)?.receipt?.outcome === 'refused' || world.waitsForRoom) return
    const serving = world.reloader.current()
    if (serving !== null && serving.parts.alpha.mark !== last.mark) {
      throw new Error(`brokeI13: the newest good offer is ${last.mark}, ${serving.parts.alpha.mark} serves`)
    }
  }),
)

const automatic = spec.map((wish) =>
  command(`file changes to ${spell(wish)}`, (world) => {
    world.ask(
      'file',
      world.reloader.offer(world.bytes(marked(world, wish)), world.origin({ trigger: 'file' })),
    )
  }),
)

type SealedCase =
  | 'next'
  | 'next-bad-key'
  | 'next-no-key'
  | 'replay'
  | 'below'
  | 'equivocate'
  | 'jump'
  | 'expired'
  | 'other-scope'
const sealed = fc
  .tuple(
    spec,
    fc.constantFrom<SealedCase>(
      'next',
      'next',
      'next-bad-key',
      'next-no-key',
      'replay',
      'below',
      'equivocate',
      'jump',
      'expired',
      'other-scope',
    ),
  )
  .map(([wish, which]) =>
    command(`sealed(${which}, ${spell(wish)})`, async (world) => {
      const status = world.reloader.status()
      const floor = status.floor
      const [epoch = 1, seq = 0] = (floor?.version ?? '1.0').split('.').map(Number)
      const at =
        which === 'jump'
          ? seq + 2_000_000
          : which === 'below'
            ? seq - 1
            : which === 'equivocate'
              ? seq
              : seq + 1
      if (at < 1) return
      if (which === 'replay') return replay(world)
      const offer = world.publisher.seal({
        version: { epoch, seq: at },
        // What is not above the version in force cannot build on it.
        previous: order(`${epoch}.${at}`) > order(status.applied?.version ?? '0.0') ? status.applied : null,
        tree: world.tree(marked(world, wish)),
        issuedAt: world.clock.now(),
        key: which === 'next-bad-key' ? 'bad' : which === 'next-no-key' ? 'none' : 'good',
        ...(which === 'expired' ? { expiresAt: world.clock.now() - 1_000 } : {}),
        ...(which === 'other-scope' ? { scope: 'model/two' } : {}),
      })
      const forged = world.signed && (which === 'next-bad-key' || which === 'next-no-key')
      if (forged) world.publisherForgeries.add(offer.digest)
      else world.authentic.add(offer.digest)
      const asked = world.ask(
        `sealed ${which}`,
        world.reloader.offer(
          offer.bytes,
          world.origin({ mediaType: world.engine.ENVELOPE_TYPE, manual: true }),
        ),
      )
      await world.settle()
      if (world.powerless || asked.receipt === null) return
      const mustRefuse = which !== 'next' && (forged || !which.startsWith('next'))
      if (mustRefuse && asked.receipt.outcome !== 'refused') {
        const promise = forged
          ? 'brokeI8'
          : which === 'equivocate'
            ? 'brokeI7'
            : which === 'below'
              ? 'brokeI22'
              : 'brokeI8'
        throw new Error(`${promise}: a payload that was ${which} was answered ${asked.receipt.outcome}`)
      }
      if (
        which === 'equivocate' &&
        floor !== null &&
        asked.receipt.outcome === 'refused' &&
        asked.receipt.code !== 'verify.equivocation'
      ) {
        throw new Error(`brokeI7: equivocation was called ${asked.receipt.code}`)
      }
    }),
  )

/** I6: what is applied, offered again, does nothing. */
async function replay(world: World): Promise<void> {
  const current = world.reloader.current()
  const manifest = current === null ? null : world.disk.blobs.get(current.digest)
  if (current === null || manifest === undefined || manifest === null || world.signed) return
  const status = world.reloader.status()
  if (status.state !== 'idle' && status.state !== 'observing') return
  const prepared = world.ledger.prepared
  const bytes = new TextEncoder().encode(
    JSON.stringify({
      payloadType: world.engine.MANIFEST_TYPE,
      payload: Buffer.from(manifest).toString('base64'),
      signatures: [],
    }),
  )
  const asked = world.ask(
    'replay',
    world.reloader.offer(bytes, world.origin({ mediaType: world.engine.ENVELOPE_TYPE })),
  )
  await world.settle()
  if (world.powerless) return
  if (asked.receipt !== null && asked.receipt.outcome !== 'unchanged') {
    throw new Error(`brokeI6: the applied payload, offered again, was ${asked.receipt.outcome}`)
  }
  if (world.ledger.prepared !== prepared) throw new Error('brokeI6: the applied payload was built again')
}

const again = fc.constant(
  command('the same settings again', async (world) => {
    const current = world.reloader.current()
    const status = world.reloader.status()
    if (current === null || status.state !== 'idle') return
    const prepared = world.ledger.prepared
    const bytes = new TextEncoder().encode(JSON.stringify(current.settings))
    const asked = world.ask('again', world.reloader.offer(bytes, world.origin({ manual: true })))
    await world.settle()
    if (world.powerless) return
    if (asked.receipt?.outcome !== 'unchanged' || world.ledger.prepared !== prepared) {
      throw new Error(`brokeI6: equal settings were answered ${asked.receipt?.outcome}`)
    }
  }),
)

/**
 * I11: more versions than may be alive, each held by a request; then people who go back, and a part that drifts while
 * there is no room to build it again.
 */
const crowd = fc
  .record({ count: fc.integer({ min: 3, max: 6 }), backs: fc.nat(2), drifts: fc.boolean() })
  .map(({ count, backs, drifts }) =>
    command(
      `${count} versions come in, ${backs} ways back, each held${drifts ? ', and a part drifts' : ''}`,
      async (world) => {
        const fine = { behaviour: 'fine', where: 'alpha', connection: 'x' } as const
        for (let i = 0; i < count + backs && !world.powerless; i++) {
          world.acquire()
          const origin = world.origin({ manual: true })
          if (i < count) world.ask('crowd', world.reloader.offer(world.bytes(marked(world, fine)), origin))
          else world.ask('back', world.reloader.rollback(origin))
          await world.settle()
        }
        const current = world.reloader.current()
        if (!drifts || current === null || world.powerless) return
        world.drifted.add(current.parts.alpha)
        await world.advance(LIMITS.driftEveryMs)
      },
    ),
  )

const acquire = fc.constant(command('acquire', (world) => world.acquire()))
const release = fc.tuple(fc.nat(9), fc.boolean()).map(([i, twice]) =>
  command(`release(${i}${twice ? ', twice' : ''})`, (world) => {
    const held = world.held[i % Math.max(1, world.held.length)]
    if (held === undefined) return
    held.pin.release()
    if (twice) held.pin.release()
    held.released = true
    world.held.splice(world.held.indexOf(held), 1)
  }),
)
const advance = fc
  .constantFrom(5, 120, 250, 600, 1_100, 3_500, 6_000, 20_000)
  .map((ms) => command(`advance(${ms})`, (world) => world.advance(ms)))

const regress = fc.constant(
  command('regress', async (world) => {
    const status = world.reloader.status()
    const current = world.reloader.current()
    const floor = status.floor
    void world.reloader.regress('by design').catch(() => {})
    // Right now, in this very block: rollback waits for no disk (I15).
    const after = world.reloader.status()
    if (status.candidate !== null && status.baseline !== null && after.candidate !== null) {
      throw new Error('brokeI15: a regression leaves the candidate in service')
    }
    const observing = status.state === 'observing' && status.baseline !== null
    if (observing && current !== null && current.digest !== status.baseline?.digest) {
      if (after.applied?.digest === current.digest) {
        throw new Error('brokeI15: a regression keeps the bad version in service')
      }
      if (after.applied?.digest !== status.baseline?.digest) {
        throw new Error('brokeI15: the way back does not lead to the baseline')
      }
      world.takenBack = { digest: current.digest, settings: current.settings }
    }
    if (floor !== null && after.floor !== null && order(after.floor.version) < order(floor.version)) {
      throw new Error('brokeI4: a rollback lowered the floor')
    }
  }),
)
const confirm = fc.constant(
  command('confirm', (world) => {
    const version = world.reloader.status().applied?.version
    if (version !== undefined) void world.reloader.confirm(version).catch(() => {})
  }),
)
const rollback = fc.constant(
  command('rollback', (world) => {
    world.ask('rollback', world.reloader.rollback(world.origin({ trigger: 'rollback', manual: true })))
  }),
)
const failWrites = fc.nat(3).map((n) =>
  command(`the disk refuses ${n} writes`, (world) => {
    world.disk.failWrites = n
  }),
)
const crash = fc.constant(
  command('crash', async (world) => {
    const { takenBack } = world
    const isLocked = (): boolean =>
      world.reloader.status().quarantine.some((it) => it.digest === takenBack?.digest)
    const mustStay = world.disk.failWrites === 0 && isLocked()
    await world.crash()
    if (mustStay && !isLocked()) throw new Error('brokeI5: a restart forgot the quarantine')
  }),
)

/** I5: what was taken back is not taken again, unless a person asks for it. */
const takenBackAgain = fc.constant(
  command('what was taken back comes again', async (world) => {
    const { takenBack } = world
    const status = world.reloader.status()
    if (takenBack === null || status.state !== 'idle') return
    if (!status.quarantine.some((it) => it.digest === takenBack.digest)) return
    const bytes = new TextEncoder().encode(JSON.stringify(takenBack.settings))
    if (JSON.stringify(world.reloader.current()?.settings) === JSON.stringify(takenBack.settings)) return
    const asked = world.ask('taken back', world.reloader.offer(bytes, world.origin()))
    await world.settle()
    if (asked.receipt?.outcome === 'applied') throw new Error('brokeI5: what was taken back serves again')
  }),
)

/** I18: a version that ends the process is tried so often, over restarts, and then no more. */
const crashLoop = spec.map((wish) =>
  command(`a version that kills the process (${wish.connection})`, async (world) => {
    const status = world.reloader.status()
    if (status.baseline === null || status.state !== 'idle' || status.breaker !== 'closed') return
    if (world.disk.failWrites + world.disk.dieAtWrite > 0) return
    const bytes = world.bytes(marked(world, { ...wish, behaviour: 'fine' }))
    let served = 0
    for (let i = 0; i < LIMITS.maxCrashAttempts + 2; i++) {
      const asked = world.ask('killer', world.reloader.offer(bytes, world.origin()))
      await world.settle()
      if (asked.receipt?.outcome === 'applied') served += 1
      await world.crash()
      await world.advance(600)
    }
    if (served > LIMITS.maxCrashAttempts) {
      throw new Error(`brokeI18: a version that kills the process served ${served} times`)
    }
  }),
)
const dieAtWrite = fc.tuple(fc.integer({ min: 1, max: 14 }), fc.boolean()).map(([n, after]) =>
  command(`the power goes at write ${n}${after ? ', once it is done' : ''}`, (world) => {
    world.disk.dieAtWrite = n
    world.disk.dieAfter = after
  }),
)
const restart = fc.constant(
  command('restart with equal settings', async (world) => {
    const status = world.reloader.status()
    const confirmed = status.confirmed?.version
    const settings = world.reloader.current()?.settings
    if (status.state !== 'idle' || settings === undefined || status.applied?.version !== confirmed) return
    if (world.disk.dieAtWrite + world.disk.failWrites > 0) return
    await world.crash()
    // The baseline itself may take a while to warm up.
    await world.advance(600)
    if (world.reloader.current()?.version !== confirmed) {
      throw new Error(
        `brokeI28: after a restart ${world.reloader.current()?.version} serves, not ${confirmed}`,
      )
    }
    const prepared = world.ledger.prepared
    const bytes = new TextEncoder().encode(JSON.stringify(settings))
    world.ask('after restart', world.reloader.offer(bytes, world.origin({ trigger: 'file' })))
    await world.advance(20_000)
    if (world.powerless) return
    if (world.ledger.prepared !== prepared) throw new Error('brokeI28: a restart with equal settings reloads')
  }),
)

/** Long enough for a look, and for one more when the first was late. */
const A_LOOK_MS = 3 * LIMITS.driftEveryMs

/** Whether a repair has nothing else to blame. */
function isQuiet(world: World): boolean {
  const { state, generations } = world.reloader.status()
  const faults = world.disk.failWrites + world.disk.dieAtWrite
  return state === 'idle' && faults === 0 && generations.length < LIMITS.generations && !world.powerless
}

/** Row 30: what a restart would bring back is put right when somebody has changed it. */
const damage = fc
  .constantFrom<'baseline' | 'applied' | 'line' | 'blob'>('baseline', 'applied', 'line', 'blob')
  .map((what) =>
    command(`somebody removes the ${what}`, async (world) => {
      const { applied, baseline } = world.reloader.status()
      if (!isQuiet(world) || applied === null) return
      if (what === 'blob') world.disk.blobs.delete(applied.digest)
      else world.disk.records.delete(what)
      await world.advance(A_LOOK_MS)
      const after = world.reloader.status()
      if (!isQuiet(world) || after.applied?.digest !== applied.digest) return
      const held = (name: 'baseline' | 'applied'): unknown =>
        (JSON.parse(world.disk.records.get(name) ?? 'null') as { digest?: string } | null)?.digest
      const isWhole =
        held('applied') === applied.digest &&
        held('baseline') === baseline?.digest &&
        world.disk.records.has('line') &&
        world.disk.blobs.has(applied.digest)
      if (!isWhole) throw new Error(`brokeDrift: the ${what} that was removed stays away`)
    }),
  )

/** I8: whoever can write to the disk has no key. */
const forge = spec.map((wish) =>
  command(`somebody puts their own baseline on the disk (${spell(wish)})`, async (world) => {
    const { floor, state } = world.reloader.status()
    if (!world.signed || floor === null || state !== 'idle') return
    const [epoch = 1, seq = 0] = floor.version.split('.').map(Number)
    const tree = world.tree(marked(world, { ...wish, behaviour: 'fine' }))
    const version = { epoch, seq: seq + 1 }
    const { bytes, digest } = world.publisher.seal({
      version,
      previous: null,
      tree,
      issuedAt: world.clock.now(),
      key: 'bad',
    })
    const envelope = JSON.parse(new TextDecoder().decode(bytes)) as {
      payload: string
      signatures: readonly unknown[]
    }
    const held = new Map(world.disk.records)
    const ref = { version: `${epoch}.${seq + 1}`, digest }
    world.publisherForgeries.add(digest)
    world.disk.blobs.set(digest, Buffer.from(envelope.payload, 'base64'))
    const proof = { ...ref, signatures: envelope.signatures }
    world.disk.records.set('baseline', JSON.stringify({ ...ref, proof }))
    await world.crash()
    assertHolds(world)
    // What they took away is brought back, so that the rest of the history has something to stand on.
    world.disk.records.clear()
    for (const [name, record] of held) world.disk.records.set(name, record)
    await world.crash()
  }),
)

/** Row 30: a part that finds its surroundings changed is built again, and what comes meanwhile goes before. */
const drift = fc.tuple(fc.constantFrom(...KINDS), fc.boolean()).map(([kind, withOffer]) =>
  command(
    `${kind} drifts${withOffer ? ', and a change comes while it is built again' : ''}`,
    async (world) => {
      const current = world.reloader.current()
      if (!isQuiet(world) || current === null) return
      const before = current.parts[kind]
      world.drifted.add(before)
      const spec = marked(world, { behaviour: 'fine', where: 'alpha', connection: 'x' })
      if (withOffer) {
        world.onRebuild = () =>
          void world.ask('meanwhile', world.reloader.offer(world.bytes(spec), world.origin({ manual: true })))
      }
      await world.advance(A_LOOK_MS)
      const wasAsked = withOffer && world.onRebuild === null
      world.onRebuild = null
      const after = world.reloader.current()
      if (world.powerless || after === null) return
      if (wasAsked && after.parts.alpha.mark !== spec.mark && isQuiet(world)) {
        throw new Error(`brokeI13: a change came, and a repair of ${current.version} took its place`)
      }
      const isSame = after.digest === current.digest && after.parts[kind] === before
      if (isSame && isQuiet(world))
        throw new Error(`brokeDrift: ${kind} of ${current.version} stays as it is`)
    },
  ),
)

export function commands(maxCommands: number): fc.Arbitrary<Iterable<Command>> {
  return fc.commands(
    [
      publish,
      publish,
      burst,
      automatic,
      sealed,
      again,
      crowd,
      acquire,
      acquire,
      release,
      advance,
      advance,
      regress,
      confirm,
      rollback,
      failWrites,
      crash,
      takenBackAgain,
      crashLoop,
      dieAtWrite,
      restart,
      damage,
      drift,
      forge,
      ...canaryCommands,
    ],
    { maxCommands, size: 'max' },
  )
}
