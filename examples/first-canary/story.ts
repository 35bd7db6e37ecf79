/** What is told while it happens. Every number is the gateway's own: read from its admin API, as an operator would. */
import { setTimeout as after } from 'node:timers/promises'
import type { Client, Operations } from '@changeover/sdk'
import type { Audience } from './audience.ts'
import type { Screen } from './screen.ts'

export type Rollout = NonNullable<Operations['readRollout']['answer']['rollout']>

const LOOK_MS = 500
const OVER: ReadonlySet<string> = new Set(['complete', 'aborted', 'rolled_back', 'superseded'])
const SHOWN = ['refusal_rate', 'error_rate', 'latency_ms'] as const
/** Column in which a measure's reason begins. */
const REASON_AT = 46
const CALLS_LOOKED_AT = 500

export interface StoryParts {
  readonly client: Client
  readonly screen: Screen
  readonly audience: Audience
}

function clip(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`
}

export class Story {
  private readonly client: Client
  private readonly screen: Screen
  private readonly audience: Audience

  constructor({ client, screen, audience }: StoryParts) {
    this.client = client
    this.screen = screen
    this.audience = audience
  }

  opening({ callers, perSecond }: { readonly callers: number; readonly perSecond: number }): void {
    const { screen } = this
    screen.say(
      '',
      screen.paint('bold', 'Changeover: a first canary'),
      `${callers} cinemas ask one support bot, about ${perSecond} questions a second. The model is pretended, the gateway is real.`,
      '',
    )
  }

  /** Nothing happens but traffic. */
  async watch(forMs: number): Promise<void> {
    const untilMs = Date.now() + forMs
    while (Date.now() < untilMs) {
      const { calls, failed } = this.audience.seen
      this.screen.draw([`  everybody runs under the first version: ${calls} calls, ${failed} failed`])
      await after(LOOK_MS)
    }
    this.screen.stop()
  }

  change(lines: readonly string[]): void {
    const { screen } = this
    screen.say(
      '',
      `Somebody saves ${screen.paint('cyan', 'changeover.yaml')} with another prompt for the bot:`,
      ...lines.map((it) => screen.paint('green', `  + ${it}`)),
      'The file says that a change goes to 5 % of the tenants first.',
      '',
    )
  }

  /** Resolves when the rollout is over. */
  async watchRollout(longestMs: number): Promise<Rollout> {
    const untilMs = Date.now() + longestMs
    for (;;) {
      const { rollout } = await this.client.ask('readRollout')
      if (rollout !== null && rollout.strategy === 'canary') {
        this.screen.draw(this.table(rollout))
        if (OVER.has(rollout.state)) {
          this.screen.stop()
          return rollout
        }
      }
      if (Date.now() > untilMs) throw new Error(`no verdict within ${longestMs / 1000} s`)
      await after(LOOK_MS)
    }
  }

  /** Says how it ended; returns a call that suffered, if one is known. */
  async verdict(rollout: Rollout): Promise<string | null> {
    const { screen } = this
    const tookMs = Date.parse(rollout.history.at(-1)?.at ?? '') - Date.parse(rollout.history[0]?.at ?? '')
    const refused = (await this.callsOf(rollout.version)).filter((it) => it.finish === 'refusal')
    screen.say(
      '',
      `${screen.paint('bold', sayState(rollout.state))} after ${(tookMs / 1000).toFixed(1)} s: ${rollout.reason ?? ''}`,
      `${rollout.requests.candidate} calls ran under ${rollout.version}, ${refused.length} of them were refused an answer; ` +
        `${rollout.requests.baseline} others never met it.`,
      screen.paint('dim', `trace of the change: ${rollout.traceId ?? 'not known'}`),
    )
    return refused.at(0)?.id ?? null
  }

  ask(call: string): void {
    this.screen.say(
      '',
      `And why was one of them refused?  ${this.screen.paint('cyan', `changeover why ${call}`)}`,
      '',
    )
  }

  closing(): void {
    const { screen } = this
    screen.say(
      '',
      'Your own: `npm start`, add a `rollout` to changeover.yaml, and save a change. The guide is docs/guide/rollouts.md.',
      '',
      screen.paint('dim', 'The gateway of this demonstration has been stopped, and its files are gone.'),
    )
  }

  private table(rollout: Rollout): readonly string[] {
    const { screen } = this
    const rows = SHOWN.flatMap((name) => rollout.measures.filter((it) => it.name === name))
    const { candidate, baseline } = rollout.requests
    const share = `${(rollout.share * 100).toFixed(0)} %`
    return [
      `  ${screen.paint('bold', sayState(rollout.state))}   version ${rollout.version} for ${share} of the tenants`,
      `  ${screen.paint('dim', `${''.padEnd(16)}${'all others'.padStart(12)}${'the canary'.padStart(12)}`)}`,
      `  ${'calls'.padEnd(16)}${String(baseline).padStart(12)}${String(candidate).padStart(12)}`,
      ...rows.map(
        (it) =>
          `  ${it.name.padEnd(16)}${say(it.name, it.baseline.value).padStart(12)}${say(it.name, it.candidate.value).padStart(12)}   ` +
          screen.paint(it.verdict === 'fail' ? 'red' : 'dim', clip(it.reason, screen.columns - REASON_AT)),
      ),
    ]
  }

  private async callsOf(version: string) {
    const { calls } = await this.client.ask('listCalls', { query: { version, limit: CALLS_LOOKED_AT } })
    return calls
  }
}

function sayState(state: string): string {
  return state === 'rolled_back' ? 'Rolled back' : state.charAt(0).toUpperCase() + state.slice(1)
}

function say(measure: string, value: number | null): string {
  if (value === null) return '-'
  return measure.endsWith('_ms') ? `${value.toFixed(0)} ms` : `${(value * 100).toFixed(1)} %`
}
