/**
 * How busy the CPUs were in all, from `/proc/stat`, so that what neither side used can be told: other
 * processes, and time that the hypervisor gave to somebody else. A run that was disturbed is no measurement.
 */
import { readFileSync } from 'node:fs'

/** Kernel ticks a second in `/proc/stat`, the same on every Linux that matters (USER_HZ). */
const ticksPerSecond = 100

/** Milliseconds since boot that these CPUs were not idle, steal included. */
export function busyMs(cpus: readonly number[]): number {
  const lines = readFileSync('/proc/stat', 'utf8').split('\n')
  return cpus.reduce((total, cpu) => {
    const line = lines.find((it) => it.startsWith(`cpu${cpu} `))
    return total + busyTicks(line ?? '') * (1000 / ticksPerSecond)
  }, 0)
}

function busyTicks(line: string): number {
  const [, user = 0, nice = 0, system = 0, , , , , steal = 0] = line.split(/\s+/).map(Number)
  // Interrupt columns stay out: they work for whoever is measured, on both sides.
  return user + nice + system + steal
}
