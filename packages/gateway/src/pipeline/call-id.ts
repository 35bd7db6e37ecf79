/**
 * `call_…`: unique over processes by a random beginning, within one by counting.
 *
 * Not secret: whoever knows an id can ask nothing with it that the admin API would not check.
 */
import { randomBytes } from 'node:crypto'

export function createCallIds(): () => string {
  const process = BigInt(`0x${randomBytes(8).toString('hex')}`)
    .toString(36)
    .padStart(13, '0')
  let count = 0
  return () => {
    count += 1
    return `call_${process}${count.toString(36).padStart(5, '0')}`
  }
}
