import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const resolve = { conditions: ['@changeover/source', 'node', 'import', 'default'] }

/** Tests of faults start some hundred processes: each need not read all the TypeScript again. */
const NODE_COMPILE_CACHE = fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url))

/**
 * Six projects, in the order in which a failure is cheapest to read: the rules of the house, what one
 * file promises, what the engine promises in random histories, what real processes do, what official clients
 * see of them, and what they do when something breaks.
 */
export default defineConfig({
  resolve,
  ssr: { resolve },
  test: {
    projects: [
      { extends: true, test: { name: 'house', include: ['tests/house/**/*.test.ts'], testTimeout: 30_000 } },
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'bench/**/*.test.ts'],
          // For what hangs; a machine that has much to do is no failure.
          testTimeout: 30_000,
        },
      },
      { extends: true, test: { name: 'proof', include: ['tests/proof/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'journeys',
          include: ['tests/journeys/**/*.test.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'clients',
          include: ['tests/clients/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['tests/faults/**/*.test.ts'],
          env: { NODE_COMPILE_CACHE },
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
