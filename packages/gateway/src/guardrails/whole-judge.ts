/** What a guard owes that has to see the whole of a request or an answer: a schema, or somebody else's judgement. */

export interface Span {
  /** Place in the list of texts. */
  readonly text: number
  readonly start: number
  readonly end: number
  readonly label: string
}

/** `unsure`: it could not say within its bounds. */
export type Verdict =
  | { readonly says: 'pass' }
  | { readonly says: 'unsure' }
  | { readonly says: 'found'; readonly count: number; readonly spans: readonly Span[] }

/** Of an answer: all of its texts, or only what the model replies. */
export type JudgedTexts = 'all' | 'replies'

export interface WholeAbout {
  readonly direction: 'input' | 'output'
  readonly signal: AbortSignal
  /** What was masked on the way in, put back. */
  readonly unmask: (text: string) => string
}

export interface WholeJudge {
  readonly reads: JudgedTexts
  /** `texts` of a request or an answer in their order. Never rejects. */
  judge(texts: readonly string[], about: WholeAbout): Verdict | Promise<Verdict>
}

export const PASS: Verdict = Object.freeze({ says: 'pass' })
export const UNSURE: Verdict = Object.freeze({ says: 'unsure' })
