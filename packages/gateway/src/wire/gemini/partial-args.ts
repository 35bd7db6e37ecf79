/**
 * Arguments of a function call that come piece by piece: each piece says by a JSON path where its value stands,
 * and texts grow from piece to piece.
 *
 * They are put together and said when the call is complete: pieces may come back to an object that another one
 * has left, so that text written on the way could be wrong.
 */
import { type Fields, isFields } from '../fields.ts'
import { camelFields } from './proto-fields.ts'

/** Longer paths are no arguments that anyone declared. */
const LONGEST_PATH = 64

type Step = string | number
type Container = Record<string, unknown> | unknown[]

export class PartialArgs {
  readonly #root: Record<string, unknown>
  /** The path of a text that goes on. */
  #open: string | null = null

  constructor(args: unknown) {
    this.#root = isFields(args) ? { ...args } : {}
  }

  /** Throws a `SyntaxError` for a path that leads nowhere. */
  take(pieces: readonly unknown[]): void {
    for (const piece of pieces) if (isFields(piece)) this.#put(camelFields(piece))
  }

  toJson(): string {
    return JSON.stringify(this.#root)
  }

  #put(piece: Fields): void {
    const path = typeof piece['jsonPath'] === 'string' ? piece['jsonPath'] : ''
    const steps = stepsOf(path)
    const last = steps.pop()
    if (last === undefined) return
    let at: Container = this.#root
    for (const [i, step] of steps.entries()) {
      const below = read(at, step)
      if (isContainer(below)) at = below
      else {
        const made: Container = typeof (steps[i + 1] ?? last) === 'number' ? [] : {}
        write(at, step, made)
        at = made
      }
    }
    this.#write(at, last, { path, piece })
  }

  #write(
    at: Container,
    step: Step,
    { path, piece }: { readonly path: string; readonly piece: Fields },
  ): void {
    const { stringValue, numberValue, boolValue } = piece
    if (typeof stringValue === 'string') {
      const before = this.#open === path ? read(at, step) : ''
      write(at, step, typeof before === 'string' ? before + stringValue : stringValue)
      this.#open = piece['willContinue'] === true ? path : null
      return
    }
    this.#open = null
    if (numberValue !== undefined) write(at, step, numberValue)
    else if (boolValue !== undefined) write(at, step, boolValue)
    else if ('nullValue' in piece) write(at, step, null)
  }
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}

function read(at: Container, step: Step): unknown {
  if (Array.isArray(at)) return typeof step === 'number' ? at[step] : undefined
  return Object.hasOwn(at, step) ? at[String(step)] : undefined
}

/** Lists grow by one at a time: a place far behind the end would only be a way to fill the memory. */
function write(at: Container, step: Step, value: unknown): void {
  if (Array.isArray(at)) {
    if (typeof step !== 'number' || step > at.length) throw new SyntaxError('a path that leads nowhere')
    at[step] = value
    return
  }
  Object.defineProperty(at, String(step), { value, writable: true, enumerable: true, configurable: true })
}

const STEP = /\.([^.[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y

/** `$.items[0]['a b']` */
function stepsOf(path: string): Step[] {
  const steps: Step[] = []
  STEP.lastIndex = path.startsWith('$') ? 1 : 0
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path)
    if (match === null || steps.length === LONGEST_PATH) throw new SyntaxError('a path that leads nowhere')
    const [, name, index, single, double] = match
    if (index !== undefined) steps.push(Number(index))
    else steps.push(name ?? (single ?? double ?? '').replace(/\\(.)/g, '$1'))
  }
  return steps
}
