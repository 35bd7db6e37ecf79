/** `@changeover/testkit`: conformance suites, simulators, fault injectors and the manual clock, for tests only. */

export * from './counting-clock.ts'
export * from './fake-provider.ts'
export * from './fault-proxy.ts'
export * from './faulty-disk.ts'
export * from './handle-conformance.ts'
export * from './manual-clock.ts'
export * from './offer-desk.ts'
export * from './open-watches.ts'
export * from './otlp-collector.ts'
export * from './processes.ts'
export * from './store-conformance.ts'
