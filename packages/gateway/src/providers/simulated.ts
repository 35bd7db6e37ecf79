/**
 * A provider that is not there: for the first run without a key, for demonstrations and for tests.
 *
 * It speaks OpenAI's chat format from inside the process, and says that it is simulated wherever a reader
 * could take it for real: in its text, in `model` and in `system_fingerprint`. The same request gives the
 * same reply; which requests fail is drawn in order from a seeded sequence, so that a retry may succeed.
 */
import type { Clock } from '@changeover/reload'
import type { Provider } from '../contract/provider.ts'
import type { SimulateSettings } from '../contract/settings.ts'
import type { Upstream, UpstreamExchange, UpstreamHandler, UpstreamRequest } from '../contract/upstream.ts'
import { randomFrom } from './seeded-random.ts'
import { SimulatedExchange } from './simulated-exchange.ts'
import { SIMULATE_DEFAULTS } from './spec.ts'

export const simulated: Provider = {
  kind: 'simulated',
  wire: 'openai-chat',
  defaultBaseUrl: 'http://simulated.invalid/v1',
  credentialEnv: null,
  paths: { 'openai-chat': '/chat/completions' },
  headers: () => ['content-type', 'application/json'],
  isRetryable: (status) => status >= 500 || status === 429,
}

export interface SimulatedOptions {
  /** Of the sequence that decides which requests fail. Default 1. */
  readonly seed?: number
}

/** An upstream that answers from inside the process, at the pace that `settings` ask for. */
export function openSimulated(
  settings: SimulateSettings | undefined,
  clock: Clock,
  options: SimulatedOptions = {},
): Upstream {
  return new SimulatedUpstream(settings ?? {}, clock, options.seed ?? 1)
}

class SimulatedUpstream implements Upstream {
  readonly origin = 'http://simulated.invalid'
  pending = 0
  readonly #settings: Required<SimulateSettings>
  readonly #clock: Clock
  readonly #random: () => number
  #whenIdle: (() => void)[] = []

  constructor(settings: SimulateSettings, clock: Clock, seed: number) {
    this.#settings = { ...SIMULATE_DEFAULTS, ...settings }
    this.#clock = clock
    this.#random = randomFrom(seed)
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamExchange {
    this.pending += 1
    return new SimulatedExchange({
      body: request.body === null ? '' : request.body.toString(),
      settings: this.#settings,
      fails: this.#settings.failureRate > 0 && this.#random() < this.#settings.failureRate,
      clock: this.#clock,
      handler,
      over: () => this.#over(),
    })
  }

  close(): Promise<void> {
    if (this.pending === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  #over(): void {
    this.pending -= 1
    if (this.pending > 0) return
    for (const resolve of this.#whenIdle) resolve()
    this.#whenIdle = []
  }
}
