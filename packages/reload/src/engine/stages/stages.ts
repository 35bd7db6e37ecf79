/**
 * The stages of an attempt, in order: what each is called in spans, and in the state that others see.
 *
 * Span names are a contract (`docs/reference/telemetry.md`). A stage without one shows in the report only.
 */
export const STAGES = {
  verify: { span: 'reload.verify', state: 'received' },
  publish: { span: 'reload.publish', state: 'received' },
  secure: { span: null, state: 'verified' },
  validate: { span: 'reload.validate', state: 'verified' },
  approve: { span: 'reload.approve', state: 'awaiting_approval' },
  queue: { span: null, state: 'queued' },
  schedule: { span: null, state: 'scheduled' },
  room: { span: null, state: 'validated' },
  fetch: { span: null, state: 'fetching' },
  artifact: { span: 'reload.fetch', state: 'fetching' },
  load: { span: 'reload.load', state: 'loading' },
  warmup: { span: 'reload.warmup', state: 'warming' },
  persist: { span: null, state: 'ready' },
  swap: { span: 'reload.swap', state: 'ready' },
  observe: { span: 'reload.observe', state: 'observing' },
  rollback: { span: 'reload.rollback', state: 'observing' },
} as const

export type StageName = keyof typeof STAGES
