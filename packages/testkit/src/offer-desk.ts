/** Stands where the engine stands: takes a handle's offers, remembers them, and answers when the test lets it. */
import { type Handle, type HandleTrouble, type Offer, type Origin, type Receipt } from '@changeover/reload'

export interface Offered {
  readonly bytes: Uint8Array
  readonly origin: Origin
}

export class OfferDesk {
  readonly offers: Offered[] = []
  readonly troubles: HandleTrouble[] = []
  /** Offers that wait for their answer now, and the most that ever did. */
  open = 0
  mostOpen = 0
  private readonly ending = new AbortController()
  private readonly held: (() => void)[] = []
  private isHolding = false
  private refusals = 0
  private watching: Promise<void> | null = null

  /** Begins a watch. */
  watch(handle: Handle): void {
    this.watching = handle.watch(this.offer, this.ending.signal, (trouble) => this.troubles.push(trouble))
    this.watching.catch(() => {})
  }

  /** Ends the watch and awaits its end. */
  async stop(): Promise<void> {
    this.ending.abort()
    await this.watching
  }

  /** Keeps offers waiting until `letGo`. */
  hold(): void {
    this.isHolding = true
  }

  letGo(): void {
    this.isHolding = false
    for (const answer of this.held.splice(0)) answer()
  }

  /** Lets the next offer fail, as an engine that is closed would. */
  failNext(): void {
    this.refusals += 1
  }

  /** The texts offered, oldest first. */
  texts(unwrap: (bytes: Uint8Array) => string = textOf): string[] {
    return this.offers.map((it) => unwrap(it.bytes))
  }

  readonly offer: Offer = async (bytes, origin) => {
    this.offers.push({ bytes: new Uint8Array(bytes), origin })
    this.open += 1
    this.mostOpen = Math.max(this.mostOpen, this.open)
    try {
      if (this.isHolding) await new Promise<void>((resolve) => void this.held.push(resolve))
      if (this.refusals > 0) {
        this.refusals -= 1
        throw new Error('the desk takes no offer')
      }
      return receipt
    } finally {
      this.open -= 1
    }
  }
}

const receipt: Receipt = {
  outcome: 'unchanged',
  reason: 'already_applied',
  version: null,
  attempt: 'rl_desk',
  traceId: '0'.repeat(32),
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}
