/**
 * How Node is started for a gateway: its flags and its environment. `npm start` and the benchmark give them; a
 * program that was started without them starts itself again with them (`launcher.mjs`), and sets the late ones when all
 * code is loaded.
 *
 * Why not all at once: Node carries its own modules compiled, and V8 takes compiled code only under the flags that it was
 * compiled under. Most flags count there, those of the first list do not. V8 and the C library read these before the
 * first line of a program runs; it looks up the late ones each time.
 *
 * What they were measured to do is in docs/decisions/2026-11-21-what-holds-up-a-call.md.
 */

/**
 * `--max-semi-space-size` (MB): what a call allocates is garbage when the call ends, and left to itself V8 lets the
 * space for new objects grow to 100 MB under load and never gives it back. Small collections are cheap where little
 * survives them, so they may be many. With less than 4, what 128 connections have in flight outlives two of them.
 *
 * `--v8-pool-size`: threads that collect garbage and compile beside the one that serves. Where that one has a core to
 * itself one of them keeps up with it; where it has not, each further one makes it wait a time slice longer.
 */
export const gatewayFlags = ['--max-semi-space-size=4', '--v8-pool-size=1']

/**
 * `--no-maglev`: leaves out the compiler in the middle. What it has prepared waits in memory for that one thread, some
 * 15 MB in the first second of load, which the C library does not give back; what is hot ends at the same code.
 *
 * `--heap-growing-percent`: how far the space for old objects may grow beyond what was alive in it before it is
 * collected. A stream lives long enough for all of it to grow old, so 2,000 at a time leave 5 MB a second there, and
 * left to itself V8 lets them gather to four times of what is alive.
 *
 * `--no-allocation-site-pretenuring`: a place in the code whose objects once outlived small collections, because a
 * reload or a burst held calls up for a while, would otherwise put all later ones among the old objects at once, for
 * ever, and everything that they refer to after them: calls then die in full collections only, of which there are ten
 * times as many, and the whole process stays a quarter slower after its first reload.
 */
export const lateFlags = ['--no-maglev', '--heap-growing-percent=40', '--no-allocation-site-pretenuring']

/** Takes the late flags back, one by one: they are then as V8 begins. */
export const earlyFlags = ['--maglev', '--heap-growing-percent=0', '--allocation-site-pretenuring']

/**
 * Of some major versions of Node: what goes with `--no-maglev`, and takes it back.
 *
 * `--invocation-count-for-turbofan`: how often a function has run when it is compiled for speed. V8 has 3,000 where it
 * begins without the compiler in the middle, but more where it begins with it, and leaves that as it is when the
 * compiler is left out later: a gateway then needed ten seconds of full load, not five, until its code was fast. Node
 * 22 begins without that compiler; of versions that are not named here the number to go back to is not known.
 */
export const withoutMaglev = {
  24: { late: ['--invocation-count-for-turbofan=3000'], early: ['--invocation-count-for-turbofan=10000'] },
}

/**
 * `MALLOC_ARENA_MAX`: glibc keeps what each thread has freed for that thread, which is memory for nobody here.
 *
 * `MALLOC_TRIM_THRESHOLD_`, `MALLOC_MMAP_THRESHOLD_` (bytes): glibc's own beginning. Left to itself it raises both with
 * the largest piece that was ever freed, up to 64 MB, and what one start or reload has used once is then never given
 * back: some 8 MB.
 */
export const gatewayEnvironment = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
}
