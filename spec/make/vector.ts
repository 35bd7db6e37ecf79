/** Vectors before they are written: bytes or a recipe, and a context that says only what is special. */
import type { BadVector, GoodVector, Recipe, VectorContext } from '../vectors.ts'
import { firstRef, NOW, SCOPE } from './payload.ts'

export const BASE_CONTEXT: VectorContext = {
  scope: SCOPE,
  instance: 'gw-1',
  now: NOW,
  trust: null,
  limits: {},
  before: ['good/first.json'],
  applied: firstRef,
  ifMatch: null,
  artifacts: {},
}

/** Two signatures by distinct keys out of three names, two of which are one key. */
export const SIGNED_CONTEXT: Partial<VectorContext> = {
  trust: { keys: ['test-ann', 'test-bo', 'test-ann-again'], threshold: 2 },
  before: ['good/first-signed.json'],
}

interface Making {
  readonly bytes: Uint8Array | Recipe
  readonly context?: Partial<VectorContext>
}

export type GoodMaking = Making & Omit<GoodVector, 'file' | 'generate' | 'context' | 'version' | 'digest'>
export type BadMaking = Making & Omit<BadVector, 'file' | 'generate' | 'context'>

export function contextOf(making: Making): VectorContext {
  return { ...BASE_CONTEXT, ...making.context }
}

type Place = readonly ['envelope' | 'manifest' | 'settings', string] | null

/** A bad vector in one line: what is wrong, where it is decided, the code, the place, the bytes. */
export function bad(
  [name, wrong]: readonly [string, string],
  [stage, code, place]: readonly [BadVector['stage'], string, Place],
  bytes: Uint8Array | Recipe,
  context: Partial<VectorContext> = {},
): BadMaking {
  return { name, wrong, stage, code, in: place?.[0] ?? null, pointer: place?.[1] ?? null, bytes, context }
}
