/**
 * A handle that tells when its first offer has been answered, or its source was first found unreadable: what
 * the start waits for before it says whether the gateway is ready.
 *
 * That offer is made as `startup`: the engine need not wait for a source to come to rest that was there before.
 */
import type { Handle, HandleTrouble, Receipt } from '@changeover/reload'

export type FirstOffer =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  | { readonly kind: 'trouble'; readonly trouble: HandleTrouble }

export function withFirstOffer(handle: Handle): { handle: Handle; first: Promise<FirstOffer> } {
  const first = Promise.withResolvers<FirstOffer>()
  let isFirst = true
  return {
    first: first.promise,
    handle: {
      kind: handle.kind,
      source: handle.source,
      watch: (offer, signal, report) =>
        handle.watch(
          async (bytes, origin) => {
            const receipt = await offer(bytes, isFirst ? { ...origin, trigger: 'startup' } : origin)
            isFirst = false
            first.resolve({ kind: 'receipt', receipt })
            return receipt
          },
          signal,
          (trouble) => {
            first.resolve({ kind: 'trouble', trouble })
            report(trouble)
          },
        ),
    },
  }
}
