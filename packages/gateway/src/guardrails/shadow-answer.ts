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
import { isTextLike, textIn, textNameOf, withWholeTexts } from './texts-of.ts'

export interface ShadowOptions {
  readonly guards: readonly CompiledGuard[]
  readonly mostWorkMs: number
  readonly now: () => number
}

const MOST_CHARS = 1_048_576

export class ShadowAnswer {
  readonly #options: ShadowOptions
  readonly #texts = new Map<string, ShadowText & { text: string }>()
  #chars = 0
  #finished: Promise<readonly Finding[]> | null = null

  /** With these guards, all of which only try themselves out. */
  constructor(options: ShadowOptions) {
    this.#options = options
  }

  take(deltas: readonly NeutralDelta[]): void {
    for (const it of deltas) {
      if (this.#chars > MOST_CHARS) continue
      if (!isTextLike(it)) {
        withWholeTexts(it, (text) => this.#takeWhole(text))
        continue
      }
      const text = textIn(it)
      this.#chars += text.length
      const key = `${it.candidate ?? 0} ${textNameOf(it)}`
      const known = this.#texts.get(key)
      if (known !== undefined) known.text += text
      else {
        const kind = it.type === 'tool_call' ? 'json' : 'text'
        this.#texts.set(key, { kind, text, isReply: it.type === 'text' })
      }
    }
  }

  #takeWhole(text: string): string {
    this.#chars += text.length
    this.#texts.set(`whole ${this.#texts.size}`, { kind: 'text', text })
    return text
  }

  /** Later calls give the same. */
  finish(): Promise<readonly Finding[]> {
    this.#finished ??= nextTurn().then(() => lookInShadow([...this.#texts.values()], 'output', this.#options))
    return this.#finished
  }
}
