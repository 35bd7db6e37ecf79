/** `@changeover/testkit`: conformance suites, simulators, fault injectors and the manual clock, for tests only. */
export * from './manual-clock.ts'
