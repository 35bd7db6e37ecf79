/**
 * Requests and long streams by the official client while the settings change under them. Short here; the whole
 * length is `npm run soak`.
 */
import { describe, expect, it } from 'vitest'
import { soak, tellSoak } from './rig/soak.ts'

const wanted = (name: string, usual: number): number => Number(process.env[name] ?? usual)

const options = {
  rate: wanted('SOAK_RATE', 200),
  seconds: wanted('SOAK_SECONDS', 15),
  connections: wanted('SOAK_CONNECTIONS', 32),
  streams: wanted('SOAK_STREAMS', 100),
  reloads: wanted('SOAK_RELOADS', 40),
  streamsOverTime: wanted('SOAK_STREAMS_OVER_TIME', 0) === 1,
}

describe('settings that change under load', () => {
  it('fail no request, cut no stream, mix no versions and keep no memory', { timeout: 600_000 }, async () => {
    const report = await soak(options)
    console.log(tellSoak(report))
    expect(report.faults).toEqual([])
    if (!options.streamsOverTime) expect(report.versionsSeen).toBeGreaterThan(options.reloads / 2)
    // A hundred reports of attempts and as many versions in the line are kept by design; streams and pools are not.
    expect(report.memory.heapEndMb - report.memory.heapMidMb).toBeLessThan(8)
  })
})
