/** The two ways in which asking the admin API fails: it said no, or it could not be reached. */
import type { Problem } from './generated/api.ts'

/** The API refused. Decide by `problem.code`. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

/** Nobody answered, or what answered is not the admin API. `cause` has the reason. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
  readonly url: string

  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`"${url}" ${reason}`, options)
    this.url = url
  }
}

export function isRefused(it: unknown): it is RefusedError {
  return it instanceof Error && it.name === 'RefusedError'
}

export function isUnreachable(it: unknown): it is UnreachableError {
  return it instanceof Error && it.name === 'UnreachableError'
}
