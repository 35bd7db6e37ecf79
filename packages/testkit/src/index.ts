/** `@changeover/testkit`: conformance suites, simulators, fault injectors and the manual clock, for tests only. */

export * from './faulty-disk.ts'
export * from './manual-clock.ts'
export * from './otlp-collector.ts'
export * from './store-conformance.ts'
