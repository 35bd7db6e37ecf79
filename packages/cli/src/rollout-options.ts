/** How one change is to come in: options of `apply`, as the admin API takes them. */
import { type CommandContext, type OptionSpec, UsageError } from './command.ts'

export const rolloutOptions: Readonly<Record<string, OptionSpec>> = {
  canary: { type: 'string', value: 'SHARE', about: 'first for this share, such as 5%, until it is promoted' },
  steps: {
    type: 'string',
    value: 'STEPS',
    about: 'as a canary in steps, such as 1%:5m,5%:10m; one without a time lasts until it is promoted',
  },
  by: { type: 'string', value: 'UNIT', about: 'what a canary takes as one: request, session, tenant or key' },
  'at-once': { type: 'boolean', about: 'for everybody at once, whatever the settings say' },
  'blue-green': {
    type: 'boolean',
    about: 'made ready beside the version in force, then for everybody at once',
  },
  shadow: { type: 'boolean', about: 'compared, and never answered from until it is promoted' },
  hold: {
    type: 'string',
    value: 'TIME',
    about: 'for --blue-green and --shadow: how long before it takes all',
  },
  bake: { type: 'string', value: 'TIME', about: 'how long it is observed at full traffic, such as 1m' },
  'start-at': { type: 'string', value: 'TIME', about: 'not before, such as 2026-12-01T06:00:00Z' },
  'confirm-within': {
    type: 'string',
    value: 'TIME',
    about: 'it goes back by itself unless it is promoted within this time',
  },
}

export interface RolloutQuery {
  readonly strategy?: 'allAtOnce' | 'canary' | 'blueGreen' | 'shadow'
  readonly by?: 'request' | 'session' | 'tenant' | 'key'
  readonly steps?: string
  readonly hold?: string
  readonly bake?: string
  readonly startAt?: string
  readonly confirmWithin?: string
}

const UNITS = ['request', 'session', 'tenant', 'key'] as const

/** Throws a `UsageError` when two of them exclude each other. */
export function readRolloutOptions(context: CommandContext): RolloutQuery {
  const canary = context.text('canary')
  const steps = context.text('steps') ?? canary
  if (canary !== undefined && context.text('steps') !== undefined)
    throw new UsageError('give --canary or --steps, not both')
  const by = context.text('by')
  const unit = UNITS.find((it) => it === by)
  if (by !== undefined && unit === undefined)
    throw new UsageError(`"--by ${by}", expected request, session, tenant or key`)
  const named = (name: string, as: string): Readonly<Record<string, string>> => {
    const value = context.text(name)
    return value === undefined ? {} : { [as]: value }
  }
  return {
    ...strategyOf(context, steps !== undefined || unit !== undefined),
    ...(unit === undefined ? {} : { by: unit }),
    ...(steps === undefined ? {} : { steps }),
    ...named('hold', 'hold'),
    ...named('bake', 'bake'),
    ...named('start-at', 'startAt'),
    ...named('confirm-within', 'confirmWithin'),
  }
}

function strategyOf(context: CommandContext, isCanary: boolean): Pick<RolloutQuery, 'strategy'> {
  const asked = [
    ...(isCanary ? ['canary' as const] : []),
    ...(context.flag('at-once') ? ['allAtOnce' as const] : []),
    ...(context.flag('blue-green') ? ['blueGreen' as const] : []),
    ...(context.flag('shadow') ? ['shadow' as const] : []),
  ]
  const [strategy, other] = asked
  if (other !== undefined)
    throw new UsageError('a canary, --at-once, --blue-green and --shadow exclude each other')
  return strategy === undefined ? {} : { strategy }
}
