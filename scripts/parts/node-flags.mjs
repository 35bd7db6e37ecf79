/**
 * The flags of Node under which the gateway runs.
 *
 * `--max-semi-space-size`: what a call allocates is garbage when the call ends, and left to itself V8 lets the space
 * for new objects grow to 100 MB under load and never gives it back. With 8 MB a half, resident memory at 2,000
 * calls a second was 215 MB instead of 320. At full load, in two runs of each on a busy machine, the p99 was 13 and
 * 20 ms instead of 27 and 37, because no single collection has much to copy; throughput was 6,800 and 8,600 calls a
 * second instead of 6,900 and 9,400, which is within the noise of that machine and may yet be a price.
 *
 * A flag and not a setting, because V8 reads it before the first line of a program runs.
 */
export const gatewayFlags = ['--max-semi-space-size=8']
