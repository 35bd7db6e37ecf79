/**
 * Changes to a tree, as people and programs send them: JSON merge patch (RFC 7396) and JSON patch
 * (RFC 6902). Values come out new; what did not change is shared with what went in.
 *
 * Not here: writing a change back into the file it came from (`settings/edit.ts`).
 */
import { type Change, isPointer, type Json, pointTo, stepsOf } from '@changeover/reload'
import { GatewayError } from '../errors.ts'

type JsonMap = { readonly [key: string]: Json }

/** What is `null` in the patch goes away; maps are merged; everything else replaces. */
export function applyMergePatch(target: Json, patch: Json): Json {
  if (!isMap(patch)) return patch
  const merged: Record<string, Json> = isMap(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (name === '__proto__') throw refusal(pointTo('', name), 'the name "__proto__"', 'another name')
    if (value === null) delete merged[name]
    else merged[name] = applyMergePatch(Object.hasOwn(merged, name) ? (merged[name] ?? null) : null, value)
  }
  return merged
}

export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly path: string; readonly from: string }

/** As many as settings can have entries: each is one more look at the tree. */
export const MOST_OPERATIONS = 10_000

/** All operations in turn, or none. Throws `control.bad_request` naming the operation that does not fit. */
export function applyJsonPatch(target: Json, patch: Json): Json {
  if (!Array.isArray(patch)) throw refusal('', 'no list', 'a list of operations')
  if (patch.length > MOST_OPERATIONS)
    throw refusal('', `${patch.length} operations`, `at most ${MOST_OPERATIONS} in one patch`)
  return new Patcher().apply(target, patch as readonly Json[])
}

/**
 * Applies operations to a tree that stays as it is: what is written to is copied once and then is the patch's own, so that
 * many operations on one large map cost no copy of it each.
 */
class Patcher {
  /** Copied here, and held by nobody else. */
  #own = new WeakSet<object>()

  apply(target: Json, operations: readonly Json[]): Json {
    return operations.reduce<Json>((tree, it, i) => this.#operate(tree, it, `/${i}`), target)
  }

  #operate(tree: Json, operation: Json, at: string): Json {
    if (!isMap(operation)) throw refusal(at, 'no map', 'an operation with op and path')
    const path = stepsAt(operation, 'path', at)
    const op = typeof operation.op === 'string' ? operation.op : ''
    switch (op) {
      case 'add':
        return this.#put(tree, path, { value: valueIn(operation, at), mode: 'add', at })
      case 'replace':
        return this.#put(tree, path, { value: valueIn(operation, at), mode: 'replace', at })
      case 'remove':
        return this.#take(tree, path, at).rest
      case 'test':
        if (sameJson(read(tree, path, at), valueIn(operation, at))) return tree
        throw refusal(at, 'another value', 'the value that the test names')
      case 'copy': {
        const value = read(tree, stepsAt(operation, 'from', at), at)
        // It stands in two places from now on.
        this.#own = new WeakSet()
        return this.#put(tree, path, { value, mode: 'add', at })
      }
      case 'move': {
        const from = stepsAt(operation, 'from', at)
        const isInside = path.length > from.length && from.every((step, i) => step === path[i])
        if (isInside) throw refusal(at, 'a move into itself', 'another path')
        const { value, rest } = this.#take(tree, from, at)
        return this.#put(rest, path, { value, mode: 'add', at })
      }
      default:
        throw refusal(at, 'no operation that is known', 'op: add, remove, replace, move, copy or test')
    }
  }

  #put(tree: Json, path: readonly string[], it: Put): Json {
    const [step, ...rest] = path
    if (step === undefined) return it.value
    const isLast = rest.length === 0
    if (Array.isArray(tree)) {
      const index = indexIn(tree, step, it.mode === 'add' && isLast, it.at)
      const list = this.#ownList(tree)
      if (isLast && it.mode === 'add') list.splice(index, 0, it.value)
      else list[index] = isLast ? it.value : this.#put(list[index] ?? null, rest, it)
      return list
    }
    if (!isMap(tree)) throw missing(step, it.at)
    if (step === '__proto__') throw refusal(it.at, 'the name "__proto__"', 'another name')
    const isThere = Object.hasOwn(tree, step)
    if (!isThere && !(isLast && it.mode === 'add')) throw missing(step, it.at)
    const map = this.#ownMap(tree)
    map[step] = isLast ? it.value : this.#put(map[step] ?? null, rest, it)
    return map
  }

  #take(tree: Json, path: readonly string[], at: string): { value: Json; rest: Json } {
    const [step, ...deeper] = path
    if (step === undefined) throw refusal(at, 'the whole tree', 'a path to a part of it')
    const child = read(tree, [step], at)
    const taken = deeper.length === 0 ? null : this.#take(child, deeper, at)
    const value = taken === null ? child : taken.value
    if (Array.isArray(tree)) {
      const list = this.#ownList(tree)
      if (taken === null) list.splice(Number(step), 1)
      else list[Number(step)] = taken.rest
      return { value, rest: list }
    }
    const map = this.#ownMap(tree as JsonMap)
    if (taken === null) delete map[step]
    else map[step] = taken.rest
    return { value, rest: map }
  }

  #ownList(list: readonly Json[]): Json[] {
    if (this.#own.has(list)) return list as Json[]
    const copy = [...list]
    this.#own.add(copy)
    return copy
  }

  #ownMap(map: JsonMap): Record<string, Json> {
    if (this.#own.has(map)) return map
    const copy = { ...map }
    this.#own.add(copy)
    return copy
  }
}

interface Put {
  readonly value: Json
  readonly mode: 'add' | 'replace'
  readonly at: string
}

function read(tree: Json, path: readonly string[], at: string): Json {
  let found = tree
  for (const step of path) {
    if (Array.isArray(found)) {
      const list = found as readonly Json[]
      found = list[indexIn(list, step, false, at)] ?? null
    } else {
      if (!isMap(found) || !Object.hasOwn(found, step)) throw missing(step, at)
      found = found[step] ?? null
    }
  }
  return found
}

function indexIn(list: readonly Json[], step: string, mayAppend: boolean, at: string): number {
  if (mayAppend && step === '-') return list.length
  const index = /^(?:0|[1-9]\d*)$/.test(step) ? Number(step) : -1
  if (index < 0 || index >= list.length + (mayAppend ? 1 : 0)) throw missing(step, at)
  return index
}

function stepsAt(operation: JsonMap, field: 'path' | 'from', at: string): readonly string[] {
  const pointer = operation[field]
  if (typeof pointer !== 'string' || !isPointer(pointer)) {
    throw refusal(`${at}/${field}`, 'no JSON pointer', 'one such as /routes/chat')
  }
  return stepsOf(pointer)
}

function valueIn(operation: JsonMap, at: string): Json {
  if (!Object.hasOwn(operation, 'value')) throw refusal(`${at}/value`, 'nothing', 'a value')
  return operation.value ?? null
}

function isMap(value: Json): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Equal as JSON: the order of names does not count. */
export function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    const other = b as readonly Json[]
    return (
      a.length === other.length && (a as readonly Json[]).every((it, i) => sameJson(it, other[i] ?? null))
    )
  }
  if (!isMap(a) || !isMap(b) || Array.isArray(a) || Array.isArray(b)) return false
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((it) => Object.hasOwn(b, it) && sameJson(a[it] ?? null, b[it] ?? null))
}

function missing(step: string, at: string): GatewayError {
  return refusal(at, `no "${step.slice(0, 80)}" there`, 'a path that exists')
}

function refusal(field: string, found: string, expected: string): GatewayError {
  return new GatewayError('control.bad_request', { field, found, expected })
}

/** The tree after changes that were found by comparing two trees (`changes` of the engine). */
export function applyChanges(tree: Json, changes: readonly Change[]): Json {
  // Lists differ at their ends, so what is taken out goes from behind, and what comes from before.
  const removed = changes
    .filter((it) => it.op === 'remove')
    .sort((a, b) => compareSteps(b.pointer, a.pointer))
  const others = changes.filter((it) => it.op !== 'remove').sort((a, b) => compareSteps(a.pointer, b.pointer))
  return new Patcher().apply(
    tree,
    [...removed, ...others].map((it): Json => {
      return it.op === 'remove'
        ? { op: 'remove', path: it.pointer }
        : { op: it.op, path: it.pointer, value: it.after as Json }
    }),
  )
}

/** By steps, indices as numbers. */
function compareSteps(a: string, b: string): number {
  const left = stepsOf(a)
  const right = stepsOf(b)
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i] ?? '', right[i] ?? '']
    if (x === y) continue
    const isNumeric = /^\d+$/.test(x) && /^\d+$/.test(y)
    return isNumeric ? Number(x) - Number(y) : x < y ? -1 : 1
  }
  return left.length - right.length
}
