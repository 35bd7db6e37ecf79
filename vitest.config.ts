import { defineConfig } from 'vitest/config'

const resolve = { conditions: ['source', 'node', 'import', 'default'] }

/**
 * Five projects, in the order in which a failure is cheapest to read: the rules of the house, what one
 * file promises, what the engine promises in random histories, what real processes do, and what they do
 * when something breaks.
 */
export default defineConfig({
  resolve,
  ssr: { resolve },
  test: {
    projects: [
      { extends: true, test: { name: 'house', include: ['tests/house/**/*.test.ts'] } },
      {
        extends: true,
        test: { name: 'unit', include: ['packages/*/src/**/*.test.ts', 'bench/**/*.test.ts'] },
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
          name: 'faults',
          include: ['tests/faults/**/*.test.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
