/**
 * A history of a whole gateway: the program that users run, on one folder, fed by its settings file and its admin
 * API, killed at one step after another by which it writes its state or its settings file.
 *
 * Settings differ by a marker, which a simulated model says in each answer: so it is the answers that tell which
 * version serves, and not only the gateway's word.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { QuarantineEntry, StoredVersion } from '@changeover/reload'
import { Gateway } from '../../journeys/rig/gateway.ts'
import { until } from '../../journeys/rig/until.ts'
import { chainBreak, endingsOf, readAuditFiles } from './audit-chain.ts'
import { type HistoryOptions, randomOf, type Toll } from './history.ts'
import type { KillAt, Said } from './life.ts'
import { readRecordsFile } from './records-file.ts'
import { Witness } from './witness.ts'

const preload = fileURLToPath(new URL('gateway-preload.ts', import.meta.url))

const settingsWith = (marker: string): string => `providers:
  sim: { kind: simulated, simulate: { firstTokenMs: 0, tokens: 1 } }
models:
  m: { provider: sim, model: ${marker} } # the marker
routes:
  chat: { targets: [{ model: m }] }
rollout:
  observe: { bakeMs: 40 }
`

interface Left {
  readonly baseline: StoredVersion | null
  readonly floor: StoredVersion | null
  readonly quarantine: readonly QuarantineEntry[]
}

interface Served {
  readonly version: string
  readonly marker: string
}

/** Lives through it, and resolves to what was broken. */
export async function gatewayLivesThrough({ seed, lives, toll }: HistoryOptions): Promise<readonly string[]> {
  const random = randomOf(seed)
  const env: Record<string, string> = {}
  const gateway = await Gateway.start({
    settings: settingsWith(`g${seed}-0`),
    env,
    nodeFlags: ['--import', preload],
  })
  await using history = new GatewayHistory(gateway, seed, toll)
  await history.live(random)
  for (let life = 2; life <= lives; life += 1) {
    env['KILL_AT'] = JSON.stringify(aim(toll, random))
    await history.restart(() => history.live(random))
  }
  env['KILL_AT'] = 'null'
  await history.restart(() => Promise.resolve())
  return history.witness.broken.map((it) => `gateway history ${seed}: ${it}`)
}

function aim(toll: Toll, random: () => number): KillAt {
  const step = toll.choose(random)
  return step === null ? { call: 40 } : { step, occurrence: 1 + Math.floor(random() * 2) }
}

class GatewayHistory {
  readonly witness = new Witness(() => this.hasDied())
  private readonly gateway: Gateway
  private readonly seed: number
  private readonly toll: Toll
  private drawn = 0
  private highestFloor: string | null = null

  constructor(gateway: Gateway, seed: number, toll: Toll) {
    this.gateway = gateway
    this.seed = seed
    this.toll = toll
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]()
  }

  /** The next process; `act` is what happens once it has come back, if it does. */
  async restart(act: () => Promise<void>): Promise<void> {
    const left = await this.readLeft()
    const before = (await this.lines()).length
    try {
      await this.gateway.again()
    } catch {
      // Killed on its way up: the next one has to come back from that.
    }
    if (this.isAlive) await this.alive(() => this.check(left, before))
    if (this.isAlive) await act()
    await this.end()
  }

  /** Some changes, by file and by API, until there are no more or the process is gone. */
  async live(random: () => number): Promise<void> {
    for (let i = 0; i < 3 && this.isAlive; i += 1) {
      const dice = random()
      await this.alive(() => (dice < 0.45 ? this.edit() : dice < 0.85 ? this.patch() : this.rollBack()))
    }
    await this.end()
  }

  private async edit(): Promise<void> {
    const marker = this.nextMarker()
    await this.gateway.edit((text) => text.replace(/model: g\S+/, `model: ${marker}`))
    await until(async () => !this.isAlive || (await this.served()).marker === marker, {
      what: `answers of ${marker}`,
    })
  }

  private async patch(): Promise<void> {
    const answer = await this.gateway.patch({ models: { m: { model: this.nextMarker() } } })
    await answer.text()
  }

  private async rollBack(): Promise<void> {
    const answer = await this.gateway.ask('/v1/rollback', { method: 'POST', body: '{}' })
    await answer.text()
  }

  private nextMarker(): string {
    this.drawn += 1
    return `g${this.seed}-${this.drawn}`
  }

  private async check(left: Left, linesBefore: number): Promise<void> {
    const settled = await until(
      async () => {
        const { instances } = await this.gateway.admin.ask('listInstances', {})
        const own = instances[0]
        return own !== undefined && own.state === 'idle' ? own : null
      },
      { what: 'an instance at rest' },
    )
    const { version, marker } = await this.served()
    const named = [settled.applied, settled.confirmed, settled.baseline].map((it) => it?.version)
    if (named.some((it) => it !== version))
      this.say(`${version} answers; applied, confirmed and baseline are ${named.join(', ')}`)
    const inForce = (await (await this.gateway.ask('/v1/settings')).json()) as {
      version: string
      settings: { models: { m: { model: string } } }
    }
    if (inForce.version !== version || inForce.settings.models.m.model !== marker)
      this.say(`${version} answers as ${marker}, its settings are ${inForce.settings.models.m.model}`)
    const lines = await this.lines()
    const isOffered = lines
      .slice(linesBefore)
      .some((it) => it.to === version && it.event === 'config.reload.started')
    if (left.baseline !== null && version !== left.baseline.version && !isOffered)
      this.say(`${version} serves, neither the baseline ${left.baseline.version} nor offered since`)
    if (left.quarantine.some((it) => it.version === version))
      this.say(`${version} is in quarantine and serves`)
    this.checkFile(marker, settled.quarantine.length, await this.gateway.settingsText())
    await this.checkAudit()
    this.checkFloor(settled.floor?.version ?? null)
    await this.checkFolders()
  }

  /** What the file says is in force, or has been put away. */
  private checkFile(marker: string, quarantined: number, text: string): void {
    if (!text.includes(`model: ${marker} }`) && quarantined === 0)
      this.say(`${marker} answers, and the settings file says something else:\n${text}`)
  }

  /** An ending is written down a moment after it has come about. */
  private async checkAudit(): Promise<void> {
    const isEnded = async (): Promise<boolean> =>
      !this.isAlive || endingsOf(await this.lines()).open.length === 0
    await until(isEnded, { what: 'ends' }).catch(() => false)
    const lines = await this.lines()
    const chain = chainBreak(lines)
    if (chain !== null) this.say(`the audit log: ${chain}`)
    const { open, wrong } = endingsOf(lines)
    for (const id of new Set([...open, ...wrong])) {
      const told = lines
        .filter(({ attempt }) => attempt === id)
        .map(({ event, to }) => `${event} ${to ?? ''}`)
      this.say(
        `an attempt without one end, ${id}: ${told.join(', ')}; then ${lines.at(-1)?.event ?? 'nothing'}`,
      )
    }
  }

  private checkFloor(floor: string | null): void {
    const seqOf = (it: string | null): number => Number(it?.split('.')[1] ?? 0)
    if (seqOf(floor) < seqOf(this.highestFloor))
      this.say(`the floor fell from ${this.highestFloor} to ${floor}`)
    else this.highestFloor = floor
  }

  private async checkFolders(): Promise<void> {
    const names = async (): Promise<string[]> => {
      const folders = [this.gateway.folder, this.statePath, join(this.statePath, 'blobs')]
      return (await Promise.all(folders.map((it) => readdir(it)))).flat()
    }
    const isAside = (it: string): boolean => it.endsWith('.tmp')
    // A write that is under way has its file aside for a moment.
    const isClear = await until(async () => !this.isAlive || !(await names()).some(isAside), {
      what: 'no files aside',
    }).catch(() => false)
    const found = await names()
    if (!isClear) this.say(`files left aside: ${found.filter(isAside).join(', ')}`)
    const drafts = found.filter((it) => it.endsWith('.next'))
    // What the last process left goes when the next one writes the settings file.
    if (drafts.length > 1) this.say(`drafts left: ${drafts.join(', ')}`)
    if (found.filter((it) => it.startsWith('lock.')).length !== 1) this.say('not exactly one lock')
  }

  private async served(): Promise<Served> {
    const answer = await this.gateway.chat({ model: 'chat', messages: [{ role: 'user', content: 'who?' }] })
    const { model } = (await answer.json()) as { model: string }
    return { version: answer.headers.get('x-changeover-version') ?? '', marker: model.split(' ')[0] ?? '' }
  }

  private get statePath(): string {
    return join(this.gateway.statePath, 'reload')
  }

  private async readLeft(): Promise<Left> {
    const { records, damage } = await readRecordsFile(this.statePath)
    if (damage !== null) this.say(`the records: ${damage}`)
    const { baseline = null, floor = null, quarantine } = records
    return { baseline, floor, quarantine: quarantine ?? [] }
  }

  private lines(): ReturnType<typeof readAuditFiles> {
    return readAuditFiles(this.statePath)
  }

  private get isAlive(): boolean {
    return !this.gateway.process.lines.some((it) => it.includes('"kind":"killed"'))
  }

  private alive(act: () => Promise<void>): Promise<void> {
    return this.witness.look(act)
  }

  /** Its last word may still be on its way. */
  private hasDied(): Promise<boolean> {
    return until(() => !this.isAlive, { what: 'its end', timeoutMs: 2_000 }).catch(() => false)
  }

  private async end(): Promise<void> {
    if (this.ended === this.gateway.process) return
    this.ended = this.gateway.process
    await this.gateway.process.kill()
    const said = this.gateway.process.lines
      .filter((it) => it.startsWith('{"atMs"'))
      .map((it) => JSON.parse(it) as Said)
    for (const it of said) if (it.kind === 'step') this.toll.pass(it.name)
    const last = said.find((it) => it.kind === 'killed')
    this.toll.count(last?.kind === 'killed' ? last.step : 'idle')
    for (const it of await this.lines()) if (it.to !== null) this.toll.versions.add(`g${this.seed}/${it.to}`)
  }

  private ended: Gateway['process'] | null = null

  private say(what: string): void {
    this.witness.say(what)
  }
}
