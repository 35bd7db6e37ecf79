/**
 * Every way in which telemetry can say no: to whoever configures it, never to whoever is traced.
 *
 * Starting a span, adding to a counter and writing a record throw nothing, whatever happens behind them.
 */
import type { Rule } from '@changeover/reload'

const rule = <Details>(it: Rule<Details>): Rule<Details> => it

export const rules = {
  'telemetry.endpoint': rule<{ signal: string; found: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `the endpoint for ${it.signal} is "${it.found}", expected an http or https address; the running telemetry stays`,
  }),
  'telemetry.header': rule<{ signal: string; header: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `header "${it.header}" for ${it.signal} cannot be sent as it is; the running telemetry stays`,
  }),
  'telemetry.exporter': rule<{ signal: string; target: string }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) =>
      `the exporter of ${it.signal} to "${it.target}" could not be built; the running telemetry stays`,
  }),
  'telemetry.closed': rule<{ act: string }>({
    blame: 'bug',
    retry: false,
    status: 503,
    say: (it) => `telemetry is shut down and cannot ${it.act}; nothing more is recorded`,
  }),
  'telemetry.export_failed': rule<{ signal: string; target: string; count: number }>({
    blame: 'upstream',
    retry: true,
    status: 503,
    say: (it) => `${it.count} ${it.signal} could not be sent to "${it.target}"; requests are not affected`,
  }),
} as const

export type TelemetryErrorCode = keyof typeof rules
export type DetailsOf<Code extends TelemetryErrorCode> = Parameters<(typeof rules)[Code]['say']>[0]

/** Identify by `code`, not by `instanceof`: two copies of this package may be loaded. */
export class TelemetryError<Code extends TelemetryErrorCode = TelemetryErrorCode> extends Error {
  override readonly name = 'TelemetryError'
  readonly code: Code
  readonly details: DetailsOf<Code>

  constructor(code: Code, details: DetailsOf<Code>, options?: ErrorOptions) {
    const say = rules[code].say as (details: DetailsOf<Code>) => string
    super(say(details), options)
    this.code = code
    this.details = details
  }
}
