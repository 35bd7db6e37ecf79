import { counterConformance } from '@changeover/testkit'
import { LocalCounters } from './local-counters.ts'

counterConformance({
  name: 'this process',
  async create() {
    const store = new LocalCounters()
    let nowMs = 1_000_000
    return {
      store,
      another: async () => store,
      now: () => nowMs,
      advance: async (ms) => void (nowMs += ms),
      dispose: async () => store.close(),
    }
  },
})
