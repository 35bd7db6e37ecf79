/** How the pace and the failures of a simulated provider are seen to change under load. One entry a setting. */
import type { Tree } from '../settings-text.ts'
import type { Seen, SettingChange } from './world.ts'

const QUICK = { firstTokenMs: 0, tokensPerSecond: 1_000_000, tokens: 2 }

function simulated(
  field: string,
  values: readonly [Tree[string], Tree[string]],
  rest: Pick<SettingChange, 'effect' | 'see' | 'was' | 'becomes'> & { readonly also?: Tree },
): SettingChange {
  const { also, ...row } = rest
  const simulate = { ...QUICK, ...also, [field]: values[0] }
  return {
    ...row,
    setting: `/providers/*/simulate/${field}`,
    from: { provider: { kind: 'simulated', simulate } },
    to: { provider: { simulate: { [field]: values[1] } } },
    // It ends by itself.
    streams: false,
  }
}

const answered = (seen: Seen) => seen.answered()

async function tokens(seen: Seen): Promise<number | null> {
  const { gateway } = seen.world
  const messages = [{ role: 'user', content: 'hello' }]
  const response = await gateway.chat({ model: `r${seen.index}`, messages })
  return ((await response.json()) as { usage: { completion_tokens: number } }).usage.completion_tokens
}

export const simulateChanges: readonly SettingChange[] = [
  simulated('firstTokenMs', [600_000, 0], {
    effect: 'the next answer begins as soon as is said now',
    see: answered,
    was: null,
    becomes: 200,
  }),
  simulated('tokensPerSecond', [0.001, 1_000_000], {
    effect: 'the next answer has the new pace',
    see: answered,
    was: null,
    becomes: 200,
  }),
  simulated('tokens', [2, 5], {
    effect: 'the next answer has the new length',
    see: tokens,
    was: 2,
    becomes: 5,
  }),
  simulated('failureRate', [0, 1], {
    effect: 'the next request fails as often as is said now',
    also: { failureStatus: 503 },
    see: async (seen) => (await seen.answered()) === 200,
    was: true,
    becomes: false,
  }),
  simulated('failureStatus', [503, 429], {
    effect: 'the next failure has the new status',
    also: { failureRate: 1 },
    see: answered,
    was: 503,
    becomes: 429,
  }),
]
