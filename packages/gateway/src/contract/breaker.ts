/** A target's circuit breaker. Keyed by provider and upstream model, so that it survives reloads. */
export interface Breaker {
  /** False while open: try another target first. Half-open lets one request through at a time. */
  allows(nowMs: number): boolean
  /** What `allows` would say. Takes no probe, so it may be asked of targets that are only looked at. */
  isReady(nowMs: number): boolean
  succeeded(): void
  failed(nowMs: number): void
  readonly state: 'closed' | 'open' | 'half_open'
}
