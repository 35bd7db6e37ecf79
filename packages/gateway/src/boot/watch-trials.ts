/**
 * Takes a version on trial back when something stops answering that answered before it came in: a probe of the
 * settings, our own admin API, our own store of versions.
 *
 * The probes are those of the version that was in force before, as with every policy of a rollout: else a change
 * could take away the probe that is to judge it. A rollback is not watched, and waits for no probe: it is the way out.
 *
 * Taking back needs neither of what is watched: it happens in memory.
 */
import {
  type Participant,
  type PrepareInput,
  type Reloader,
  type RolloutStatus,
  type SettingsTree,
  type StateStore,
} from '@changeover/reload'
import { entriesOf } from '../settings/check.ts'
import { askAddress } from '../uptime/ask-address.ts'
import type { Check } from '../uptime/check.ts'
import { probeSpec } from '../uptime/spec.ts'
import { LastWell, TrialWatch, type WatchOptions, wellNow } from '../uptime/trial-watch.ts'

/** Of our own two: soon enough to see it within the usual time of observation. */
const OWN = { everyMs: 1000, timeoutMs: 1000, failures: 3 } as const

export interface UptimeOptions extends Omit<WatchOptions, 'lastWell'> {
  readonly store: Pick<StateStore, 'readRecord'>
  /** `null` while it does not listen. */
  readonly adminUrl: () => string | null
}

/** What was well just before a version; remembered as long as that version is. */
export interface UptimePart {
  readonly version: string
  readonly well: readonly Check[]
}

export interface Uptime {
  readonly participant: Participant<UptimePart>
  /** Returns how to stop. */
  follow(reloader: Pick<Reloader<unknown>, 'rollout' | 'regress' | 'subscribe'>): () => void
}

export function openUptime(given: UptimeOptions): Uptime {
  const options = { ...given, lastWell: new LastWell() }
  const known = new Map<string, UptimePart>()
  return {
    participant: {
      kinds: ['probes'],
      async prepare(input) {
        const part = { version: input.version, well: await lookBefore(input, options) }
        known.set(part.version, part)
        return part
      },
      release(part) {
        if (known.get(part.version) === part) known.delete(part.version)
      },
    },
    follow: (reloader) => follow(reloader, { options, wellBefore: (it) => known.get(it)?.well ?? [] }),
  }
}

async function lookBefore(
  { previous, restores, signal }: PrepareInput,
  options: UptimeOptions & WatchOptions,
): Promise<readonly Check[]> {
  if (previous === null || restores !== null) return []
  return await wellNow([...probesOf(previous), ...ownChecks(options)], { ...options, signal })
}

function probesOf(settings: SettingsTree): readonly Check[] {
  return [...entriesOf(settings, 'probes', probeSpec)].map(([name, it]) => ({
    name,
    asks: `${name}: ${it.expectStatus} of ${it.url}`,
    reason: `probe:${name}`,
    everyMs: it.everyMs,
    timeoutMs: it.timeoutMs,
    failures: it.failures,
    ask: (signal) => askAddress(it, signal),
  }))
}

function ownChecks({ store, adminUrl }: UptimeOptions): readonly Check[] {
  const admin: Check = {
    name: 'admin',
    asks: 'our own admin address',
    reason: 'admin_unreachable',
    ...OWN,
    async ask(signal) {
      const url = adminUrl()
      return url === null
        ? 'it does not listen'
        : await askAddress({ url: `${reachable(url)}/healthz`, expectStatus: 200 }, signal)
    },
  }
  const held: Check = {
    name: 'store',
    asks: 'our own store',
    reason: 'store_unreachable',
    ...OWN,
    async ask() {
      await store.readRecord('baseline')
      return null
    },
  }
  return [admin, held]
}

/** What listens on every address of the machine is asked on its loopback. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
}

const ON_TRIAL: ReadonlySet<string> = new Set(['running', 'paused', 'inconclusive', 'promoting', 'baking'])

interface Following {
  readonly options: WatchOptions
  readonly wellBefore: (version: string) => readonly Check[]
}

function follow(
  reloader: Pick<Reloader<unknown>, 'rollout' | 'regress' | 'subscribe'>,
  { options, wellBefore }: Following,
): () => void {
  let watched: { readonly attempt: string; readonly watch: TrialWatch } | null = null
  const look = (): void => {
    const trial = onTrial(reloader.rollout())
    if (trial?.attempt === watched?.attempt) return
    watched?.watch.end()
    watched = trial === null ? null : { attempt: trial.attempt, watch: begin(trial) }
  }
  const begin = ({ attempt, version }: RolloutStatus): TrialWatch =>
    new TrialWatch(
      wellBefore(version),
      ({ reason }) => {
        if (onTrial(reloader.rollout())?.attempt === attempt) void reloader.regress(reason, reason)
      },
      options,
    )
  let isOver = false
  // An event may be told in the middle of a swap: a turn later it has been made.
  const soon = (): void => queueMicrotask(() => (isOver ? undefined : look()))
  const stop = reloader.subscribe(soon)
  look()
  return () => {
    isOver = true
    stop()
    watched?.watch.end()
    watched = null
  }
}

function onTrial(rollout: RolloutStatus | null): RolloutStatus | null {
  return rollout !== null && ON_TRIAL.has(rollout.state) ? rollout : null
}
