/**
 * Rollouts moved by people: promote, pause, resume, abort.
 *
 * A rollout is named by its id or by its version, so that nobody moves one that has taken the place of the one they
 * looked at.
 */
import type { RolloutAsk, RolloutStatus } from '../../contract/rollout.ts'
import { ReloadError } from '../../errors.ts'
import type { Observer } from '../observer.ts'
import type { Conduct } from './conduct.ts'

/** The rollout to show: the one that goes on, else the one that waits, else the last. */
export function rolloutOf({ trial, scheduled, last }: Observer): RolloutStatus | null {
  return (trial?.conduct ?? scheduled ?? last)?.status() ?? null
}

export async function promote(
  observer: Observer,
  id: string,
  { to, by }: { to: 'next' | 'full' | 'confirmed'; by: RolloutAsk },
): Promise<RolloutStatus> {
  const conduct = find(observer, id)
  const { rollout, candidate } = conduct
  if (rollout.state === 'scheduled') conduct.beginByHand()
  else if (rollout.isBeside) rollout.promote(to === 'next' ? 'next' : 'full', by)
  else if (to === 'next') await observer.confirm(candidate.version)
  if (to === 'confirmed') await observer.confirm(candidate.version)
  return conduct.status()
}

export function pause(
  observer: Observer,
  id: string,
  { reason, by }: { reason: string; by: RolloutAsk },
): RolloutStatus {
  const conduct = find(observer, id)
  conduct.rollout.pause(reason, by)
  return conduct.status()
}

export function resume(observer: Observer, id: string, by: RolloutAsk): RolloutStatus {
  const conduct = find(observer, id)
  conduct.rollout.resume(by)
  return conduct.status()
}

/** `null` when there is no such rollout: it is over, which is what was wanted. */
export function abort(
  observer: Observer,
  id: string,
  { reason, by }: { reason: string; by: RolloutAsk },
): RolloutStatus | null {
  const conduct = findAny(observer, id)
  if (conduct === null) return null
  const { trial } = observer
  const { version } = conduct.candidate
  if (trial?.conduct === conduct) observer.abort(trial, reason, by.actor ?? null)
  else conduct.attempt.abort(new ReloadError('rollout.aborted', { version, reason }))
  return conduct.status()
}

function find(observer: Observer, id: string): Conduct {
  const conduct = findAny(observer, id)
  if (conduct === null) throw new ReloadError('rollout.unknown', { rollout: id })
  return conduct
}

function findAny({ trial, scheduled }: Observer, id: string): Conduct | null {
  const isIt = (it: Conduct): boolean => it.rollout.id === id || it.candidate.version === id
  return [trial?.conduct ?? null, scheduled].find((it) => it !== null && isIt(it)) ?? null
}
