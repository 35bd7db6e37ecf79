/**
 * The handle behind the admin API: somebody in this process has the bytes and waits for the receipt.
 *
 * Offers go to the engine in the order in which they were pushed, one at a time. None is skipped for a newer
 * one: each has somebody who waits for its answer. What is pushed before the watch begins waits for it.
 */
import type { Handle, Offer } from '../contract/handle.ts'
import type { Origin } from '../contract/origin.ts'
import type { Receipt } from '../contract/receipt.ts'
import { ReloadError } from '../errors.ts'
import { digestOf, refuseEmpty } from './source.ts'
import { untilAborted } from './wake.ts'

export interface PushHandle extends Handle {
  /**
   * Offers bytes and resolves to the engine's receipt. Rejects with `handle.closed` once the watch has ended,
   * and with `handle.empty` when there is nothing in the bytes.
   */
  push(bytes: Uint8Array, origin: Origin): Promise<Receipt>
}

interface Pushed {
  readonly bytes: Uint8Array
  readonly origin: Origin
  resolve(receipt: Receipt): void
  reject(error: unknown): void
}

/** `source` names it for people, such as `admin API`. */
export function pushHandle(source = 'push'): PushHandle {
  const waiting: Pushed[] = []
  let isClosed = false
  let wake = () => {}
  return {
    kind: 'push',
    source,
    async push(bytes, origin) {
      if (isClosed) throw new ReloadError('handle.closed', { source })
      refuseEmpty(source, bytes)
      return await new Promise<Receipt>((resolve, reject) => {
        waiting.push({ bytes, origin: { position: digestOf(bytes), ...origin }, resolve, reject })
        wake()
      })
    },
    async watch(offer, signal) {
      while (!signal.aborted) {
        const next = waiting.shift()
        const rung = new Promise<void>((resolve) => {
          wake = resolve
        })
        await untilAborted(next === undefined ? rung : offerTo(offer, next), signal)
      }
      isClosed = true
      for (const it of waiting.splice(0)) it.reject(new ReloadError('handle.closed', { source }))
    },
  }
}

async function offerTo(offer: Offer, { bytes, origin, resolve, reject }: Pushed): Promise<void> {
  try {
    resolve(await offer(bytes, origin))
  } catch (error) {
    reject(error)
  }
}
