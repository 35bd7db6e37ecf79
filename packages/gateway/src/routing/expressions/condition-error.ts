/** What is wrong with a condition, and where in it: line and column count from 1. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError'
  readonly line: number
  readonly column: number

  constructor(source: string, at: number, problem: string) {
    const before = source.slice(0, at).split('\n')
    const line = before.length
    const column = (before.at(-1)?.length ?? 0) + 1
    super(`${line}:${column} ${problem}`)
    this.line = line
    this.column = column
  }
}
