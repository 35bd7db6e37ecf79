import { describe, expect, it } from 'vitest'
import type { Running } from './candidates/candidate.ts'
import { patchFor } from './costs.ts'
import { type Crossing, cross, crossings } from './crossing.ts'
import type { Job, Measured } from './load/job.ts'

const running = (port: number): Running => ({
  target: { port, headers: {}, model: 'bench', pid: port },
  child: null,
  startMs: 0,
  rssIdleBytes: 0,
  stop: async () => undefined,
})

/** What was done, in order: `+` settings come, `-` they go, and which process was measured as which side. */
function rig(turns: number, places = 2) {
  const done: string[] = []
  const side = (id: string, distinct: boolean) => ({
    id,
    distinct,
    set: async ({ target }: Running) => {
      done.push(`+${id}@${target.port}`)
      return async () => void done.push(`-${id}@${target.port}`)
    },
  })
  const crossing: Crossing = {
    needs: 'costs',
    base: side('base', false),
    other: side('other', true),
    places,
    turns,
  }
  const jobs: Job[] = []
  const measure = async (job: Job): Promise<Measured> => {
    jobs.push(job)
    return { requests: job.target.port } as Measured
  }
  const keep = ({ id }: { id: string }, { requests }: Measured): void => void done.push(`${id}@${requests}`)
  return { done, jobs, crossing, measure, keep }
}

describe('a crossing', () => {
  it('has each process on both sides, each piece of the other side between two of the base', async () => {
    const { done, crossing, measure, keep } = rig(2)
    const pace = { pieceMs: 200, settleMs: 0 }
    await cross(crossing, [running(1), running(2)], { pace, measure, keep })
    const half = (on: number, off: number) =>
      `+base@${off} +other@${on} base@${off} other@${on} base@${off} other@${on} base@${off} -base@${off} -other@${on}`
    expect(done.join(' ')).toBe(`${half(1, 2)} ${half(2, 1)}`)
  })

  it('places them as often as it is told, and says in which place a piece was measured', async () => {
    const { done, crossing, measure, keep: note } = rig(1, 4)
    const places: number[] = []
    const keep = (side: { id: string }, measured: Measured, place: number): void => {
      places.push(place)
      note(side, measured)
    }
    await cross(crossing, [running(1), running(2)], { pace: { pieceMs: 200, settleMs: 0 }, measure, keep })
    expect(places).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])
    expect(done.filter((it) => it.startsWith('+other'))).toEqual(
      ['@1', '@2', '@1', '@2'].map((it) => `+other${it}`),
    )
  })

  it('lets both settle under their settings before the first piece, and keeps nothing of that', async () => {
    const { done, jobs, crossing, measure, keep } = rig(1)
    await cross(crossing, [running(1), running(2)], {
      pace: { pieceMs: 200, settleMs: 1_000 },
      measure,
      keep,
    })
    expect(jobs.slice(0, 5).map((it) => [it.target.port, it.measureMs])).toEqual([
      ...[1, 2, 1, 2].map((port) => [port, 500]),
      [2, 200],
    ])
    expect(jobs.slice(0, 2)).toMatchObject([{ distinct: true }, { distinct: false }])
    expect(done.filter((it) => !/^[+-]/.test(it))).toHaveLength(6)
  })

  it('ends what it set when a measurement fails', async () => {
    const { done, crossing, keep } = rig(1)
    const measure = async (): Promise<Measured> => Promise.reject(new Error('lost'))
    const pace = { pieceMs: 200, settleMs: 0 }
    await expect(cross(crossing, [running(1), running(2)], { pace, measure, keep })).rejects.toThrow('lost')
    expect(done).toEqual(['+base@2', '+other@1', '-base@2', '-other@1'])
  })
})

describe('what a cost is set by', () => {
  it('comes after nothing, so that no entry keeps what it had before', async () => {
    const keys = crossings.find(({ other }) => other.id === 'cost-keys')
    const patches: object[] = []
    const process = { ...running(1), change: async (patch: object) => void patches.push(patch) }
    await keys?.base.set(process)
    await keys?.other.set(process)
    expect(patches.slice(0, 2)).toEqual([patchFor(null), patchFor(null)])
    expect(patches.slice(2)).toMatchObject([{ access: { callers: 'known' } }])
  })
})
