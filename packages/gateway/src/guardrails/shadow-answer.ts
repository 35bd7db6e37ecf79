/**
 * Guards that only try themselves out on answers: they read what the model wrote when the answer is out, so that they
 * cost its caller nothing and change nothing.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Finding } from '../contract/guards.ts'
import type { NeutralDelta } from '../contract/neutral.ts'
import type { CompiledGuard } from './guard.ts'
import type { ShadowText } from './look-in-shadow.ts'
import { lookInShadow } from './look-in-shadow.ts'
import { textOf } from './texts-of.ts'

export interface ShadowOptions {
  readonly guards: readonly CompiledGuard[]
  readonly mostWorkMs: number
  readonly now: () => number
}

const MOST_CHARS = 1_048_576

export class ShadowAnswer {
  readonly #options: ShadowOptions
  readonly #texts = new Map<string, { kind: ShadowText['kind']; text: string }>()
  #chars = 0
  #finished: Promise<readonly Finding[]> | null = null

  static of(options: ShadowOptions): ShadowAnswer | null {
    const guards = options.guards.filter((it) => it.action === 'shadow')
    return guards.length === 0 ? null : new ShadowAnswer({ ...options, guards })
  }

  private constructor(options: ShadowOptions) {
    this.#options = options
  }

  take(deltas: readonly NeutralDelta[]): void {
    for (const it of deltas) {
      const piece = textOf(it)
      if (piece === null || this.#chars > MOST_CHARS) continue
      this.#chars += piece.text.length
      const key = `${'candidate' in it ? (it.candidate ?? 0) : 0} ${piece.name}`
      const known = this.#texts.get(key)
      if (known === undefined) this.#texts.set(key, { kind: piece.kind, text: piece.text })
      else known.text += piece.text
    }
  }

  /** Later calls give the same. */
  finish(): Promise<readonly Finding[]> {
    this.#finished ??= nextTurn().then(() => lookInShadow([...this.#texts.values()], 'output', this.#options))
    return this.#finished
  }
}
