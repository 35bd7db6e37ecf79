/** The memory store against the suite that all stores pass. */
import { storeConformance } from '@changeover/testkit'
import { memoryStore } from './memory.ts'

storeConformance({
  name: 'memory',
  async create() {
    const store = memoryStore()
    return { store, reopen: async () => store, dispose: async () => {} }
  },
})
