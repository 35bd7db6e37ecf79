/**
 * The engine, wrong in one place at a time. Each mutant is a copy of its source with one change; the model
 * has to notice every one of them. A change that no longer fits the source is an error, not a pass.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

export interface Mutant {
  readonly name: string
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[]
}

const one = (name: string, file: string, from: string, to: string): Mutant => ({
  name,
  edits: [{ file: `engine/${file}`, from, to }],
})

const ofRollouts = (name: string, file: string, from: string, to: string): Mutant => ({
  name,
  edits: [{ file, from, to }],
})

/** The fourteen of the specification, then those of ours that persistence deserves, then those of rollouts. */
export const MUTANTS: readonly Mutant[] = [
  one(
    'the quarantine is not asked',
    'stages/admit.ts',
    "return core.quarantine.blocks(known, isAutomatic(origin)) ? 'quarantined' : null",
    'return known.digest === null && isAutomatic(origin) ? null : null',
  ),
  one(
    'a rollback lowers the floor',
    'trial/way-back.ts',
    "core.recorder.note('applied', core.cell.baseline.ref)",
    'void core.recorder.writeFloor(core.cell.baseline.ref)',
  ),
  one(
    'release ignores pins',
    'live/generations.ts',
    'if (generation.pins === 0) return this.letGo(generation)',
    'return this.letGo(generation)',
  ),
  {
    name: 'something is awaited inside the commit',
    edits: [
      {
        file: 'engine/stages/shadow.ts',
        from: 'const snapshot = Object.freeze({ ...said, ...rest, parts: this.parts() })',
        to: 'const snapshot = Object.freeze({ ...said, ...rest, parts: PARTS })',
      },
      {
        file: 'engine/stages/shadow.ts',
        from: 'export class Shadow {',
        to: 'const PARTS: Parts = {}\nexport class Shadow {',
      },
      {
        file: 'engine/stages/shadow.ts',
        from: '  committed(): void {',
        to: '  async committed(): Promise<void> {\n    for (const it of this.made) {\n      PARTS[it.name] = it.part\n      await null\n    }',
      },
    ],
  },
  one(
    'release disposes what an attempt in flight has taken',
    'live/carry.ts',
    'if (kept.holders > 0) return false',
    '',
  ),
  one(
    'equivocation is not noticed',
    'stages/admit.ts',
    'if (known !== null && known !== digest) {',
    'if (known === digest && false) {',
  ),
  one(
    'the version floor is not asked',
    'stages/admit.ts',
    'compareVersions(manifest.version, lowest) < 0',
    'compareVersions(manifest.version, lowest) < -1',
  ),
  one(
    'a regression keeps the bad snapshot',
    'observer.ts',
    'const before = rollBack(core.cell)\n    this.endTrial',
    'const before: Generation | null = generation\n    this.endTrial',
  ),
  one(
    'a failed attempt leaks its shadow',
    'bring-in.ts',
    'await shadow.release()\n    throw error',
    'throw error',
  ),
  one(
    'a pin can be let go twice',
    'live/generation.ts',
    'if (generation === null) return\n    this.generation = null',
    'if (generation === null) return',
  ),
  one(
    'a pending offer is dropped',
    'line-of-work.ts',
    'this.pending = attempt\n',
    'if (this.working === null) this.pending = attempt\n',
  ),
  one(
    'a commit does not supersede the one being observed',
    'observer.ts',
    "this.superseded('before_confirm')\n    this.ttl?.cancel()",
    'this.ttl?.cancel()',
  ),
  one('the signature is ignored', 'stages/open.ts', 'trust: core.trust ?? undefined', 'trust: undefined'),
  {
    name: 'the snapshot is not frozen',
    edits: [{ file: 'format/resources.ts', from: 'return deepFreeze(parseJson(', to: 'return (parseJson(' }],
  },
  one(
    'a version comes in although as many are alive as may be',
    'bring-in.ts',
    'if (generations.size < limits.generations) return',
    'if (generations.size < limits.generations + 1) return',
  ),
  one(
    'ways back take as much room as they like',
    'live/generations.ts',
    'limits.generations + (mayExceed ? 1 : 0)',
    'limits.generations + (mayExceed ? 9 : 0)',
  ),
  one(
    'a repair asks for no room',
    'drift/rebuild.ts',
    'if (generations.size >= limits.generations) {',
    'if (generations.size > limits.generations) {',
  ),
  one('the floor is not written down', 'stages/secure.ts', 'await core.recorder.writeFloor(ref)', ''),
  one(
    'the intent is not written down',
    'bring-in.ts',
    'await core.recorder.writeIntent({ version, digest, attempts, traceId, spanId, attempt: id })',
    'void [attempts, traceId, spanId, id]',
  ),
  one(
    'a version becomes the baseline on disk before it is confirmed',
    'observer.ts',
    "if (core.cell.current !== null) core.recorder.note('applied', core.cell.current.ref)",
    "core.recorder.note('baseline', brought.generation.ref)",
  ),
  one(
    'signatures are not asked for again at the start',
    'boot.ts',
    'await verifyProof(core, candidate)\n',
    'void verifyProof\n',
  ),
  one(
    'a repair takes the place of what came meanwhile',
    'drift/rebuild.ts',
    "if (isOvertaken()) throw new ReloadError('reload.superseded', { by: 'what came meanwhile' })",
    'void isOvertaken',
  ),
  one(
    'what is missing in the store is not missed',
    'drift/store-drift.ts',
    'if (isDeepStrictEqual(plain(held), plain(expected))) return null',
    'if (held === null || isDeepStrictEqual(plain(held), plain(expected))) return null',
  ),
  {
    name: 'the quarantine is not written down',
    edits: [
      {
        file: 'engine/trial/way-back.ts',
        from: "core.quarantine.add({ ref: { version, digest }, tree, reason, lasting: true })\n  core.recorder.note('quarantine', core.quarantine.lasting)",
        to: 'core.quarantine.add({ ref: { version, digest }, tree, reason, lasting: true })',
      },
    ],
  },
  one(
    'an attempt ends without an audit line',
    'telling/telling.ts',
    'core.audit.add(entry, isOverturned',
    "if (status !== 'success') core.audit.add(entry, isOverturned",
  ),
  ofRollouts(
    'a failed comparison is not heard',
    'rollout/rollout.ts',
    "if (this.judgement?.verdict === 'fail') {",
    "if (this.judgement?.verdict === 'fail' && this.step === 99) {",
  ),
  ofRollouts(
    'what cannot be told is promoted',
    'rollout/rollout.ts',
    'if (!this.hasPassed) return this.cannotTell()',
    'void this.cannotTell',
  ),
  ofRollouts(
    'a larger share picks other units',
    'engine/trial/split.ts',
    'cohortOf(this.seed, unitId)',
    'cohortOf(this.seed + this.share.threshold, unitId)',
  ),
  ofRollouts(
    'a version that is taken back keeps its share',
    'engine/commit.ts',
    'cell.current = cell.baseline\n  cell.candidate = null\n  cell.split = null',
    'cell.current = cell.baseline\n  cell.candidate = null',
  ),
  ofRollouts(
    'a promoted version does not bake',
    'engine/observer.ts',
    'this.bake(trial, by)\n    generation.committed()',
    'conduct.rollout.bakes(null, by)\n    void this.confirmTrial(trial)\n    generation.committed()',
  ),
  ofRollouts(
    'a version with a share is what a restart brings back',
    'engine/observer.ts',
    'if (conduct.isSplit) conduct.rollout.begin()',
    "if (conduct.isSplit) this.core.recorder.note('baseline', brought.generation.record)\n    if (conduct.isSplit) conduct.rollout.begin()",
  ),
  ofRollouts(
    'a change that waits for a rollout is dropped',
    'engine/stages/permit.ts',
    "await attempt.stage('queue', () => orAborted(over.promise, attempt.signal))",
    "await attempt.stage('queue', () => orAborted(over.promise, attempt.signal))\n    throw new ReloadError('reload.superseded', { by: 'nobody' })",
  ),
  ofRollouts(
    'a freeze is not asked',
    'engine/trial/conduct.ts',
    'if (core.frozen === null || leadsBack ||',
    'if (core.frozen !== null || leadsBack ||',
  ),
  ofRollouts(
    'a candidate that was overtaken is kept',
    'engine/observer.ts',
    'const displaced = [before, this.trial?.generation ?? null]',
    'const displaced = [before]',
  ),
  ofRollouts(
    'a shadow answers',
    'engine/trial/split.ts',
    'return threshold > 0 ? this.pinCandidate(null)',
    'return threshold >= 0 ? this.pinCandidate(null)',
  ),
  ofRollouts(
    'what is asked for again leaves the candidate where it is',
    'engine/observer.ts',
    'if (trial?.conduct.rollout.isBeside !== true) return\n    rollBack(core.cell)',
    'if (trial?.conduct.rollout.isBeside !== true) return',
  ),
  ofRollouts(
    'a candidate begins beside a version that nobody has confirmed',
    'engine/commit.ts',
    'const before = cell.current\n  cell.current = cell.baseline\n  cell.candidate = next',
    'const before = cell.current\n  cell.candidate = next',
  ),
]

const SOURCE = resolve(import.meta.dirname, '../../packages/reload/src')

/** Writes the mutant's source into a folder of its own, inside the workspace so that its imports resolve. */
export async function plant(mutant: Mutant): Promise<{ source: string; remove(): Promise<void> }> {
  const home = await mkdtemp(join(resolve(import.meta.dirname, '..'), '.mutant-'))
  const source = join(home, 'src')
  await cp(SOURCE, source, { recursive: true, filter: (path) => !path.endsWith('.test.ts') })
  for (const { file, from, to } of mutant.edits) {
    const path = join(source, file)
    const text = await readFile(path, 'utf8')
    if (text.split(from).length !== 2) {
      await rm(home, { recursive: true })
      throw new Error(
        `mutant "${mutant.name}": "${from}" is in ${file} ${text.split(from).length - 1} times, expected once`,
      )
    }
    await writeFile(
      path,
      text.replace(from, () => to),
    )
  }
  return { source, remove: () => rm(home, { recursive: true, force: true }) }
}
