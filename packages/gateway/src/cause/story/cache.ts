/** What the cache of the route made of a call. */
import { pointTo } from '@changeover/reload'
import type { CacheOutcome } from '../../contract/answer-cache.ts'
import { leavesAt, valueAt } from '../values.ts'
import type { TellStep } from './step.ts'

const MADE: Readonly<Record<CacheOutcome, string | null>> = {
  exact: 'given again as it was kept',
  semantic: 'given what was kept for a message that is alike',
  joined: 'given the answer of another that asked the same just before',
  miss: 'nothing was kept for it',
  // Said by the caller, or of the request itself: the settings decided nothing.
  bypass: null,
}

/** More than these are told as one. */
const MOST_LEAVES = 8

export const tellCache: TellStep = ({ cache, route }, settings) => {
  const says = cache === undefined ? null : MADE[cache]
  if (says === null || route === null) return null
  const at = pointTo(pointTo('/routes', route), 'cache')
  const name = valueAt(settings, at)
  const own = typeof name === 'string' ? leavesAt(settings, pointTo('/cache', name), MOST_LEAVES) : []
  return { about: 'cache', says, pointers: name === undefined ? [] : [at, ...own] }
}

/** Nobody was asked for its answer. */
export function isKept(cache: CacheOutcome | undefined): boolean {
  return cache === 'exact' || cache === 'semantic' || cache === 'joined'
}
