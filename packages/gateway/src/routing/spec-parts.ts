/** Parts of a route's settings that are themselves maps; the defaults with their reasons are in `defaults.ts`. */
import { z } from 'zod'
import { FAILURE_CLASSES } from '../contract/routing.ts'
import { LONGEST_MS, PLAIN_NAME, PLAIN_NAME_EXPECTED, setting } from '../contract/setting.ts'
import { ROUTING_DEFAULTS } from './defaults.ts'
import { faultOfCondition } from './expressions/compile-condition.ts'
import { LONGEST_CONDITION } from './expressions/parse-condition.ts'
import { STRATEGIES } from './strategies/list.ts'

export const duration = z.int().min(1).max(LONGEST_MS)
const share = z.number().min(0).max(1)
const headerName = z
  .string()
  .regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/, { error: 'a header name in lower case' })
const regionName = z.string().regex(PLAIN_NAME, { error: PLAIN_NAME_EXPECTED })

export const targetSpec = z.strictObject({
  model: setting(z.string(), 'an entry of models'),
  weight: setting(
    z.int().min(0).max(1_000_000).default(ROUTING_DEFAULTS.weight),
    'share of the requests, relative to the other targets; 0 takes none',
  ),
  priority: setting(
    z.int().min(0).max(100).default(ROUTING_DEFAULTS.targetPriority),
    'for strategy priority: targets of the lowest number are asked first, the next ones when none of those can',
  ),
})

export const targetsSpec = z
  .array(targetSpec)
  .min(1)
  .refine((it) => it.length === 0 || it.some((target) => target.weight !== 0), {
    error: 'at least one weight above 0',
  })

export const strategySpec = z.enum(STRATEGIES)

export const stickySpec = z.strictObject({
  by: setting(
    z.enum(['session', 'tenant', 'prompt']).default(ROUTING_DEFAULTS.stickyBy),
    'what stays on one target: a session, a tenant, or requests whose prompts begin alike',
  ),
  header: setting(
    headerName.optional(),
    'header that names the session, in lower case; without it x-session-id and what known clients send',
  ),
  promptChars: setting(
    z.int().min(16).max(65_536).default(ROUTING_DEFAULTS.promptChars),
    'how much of the prompt decides, for by prompt: instructions and tools, then the first message of the user',
    { unit: 'characters' },
  ),
  otherwise: setting(
    z.enum(STRATEGIES).exclude(['sticky']).default(ROUTING_DEFAULTS.strategy),
    'strategy for requests that name no session, tenant or prompt',
  ),
})

export const needsSpec = z.strictObject({
  sensitive: setting(
    z.boolean().default(false),
    'whether only models that are marked as sensitive may be asked',
  ),
  regions: setting(
    z.array(regionName).min(1).optional(),
    'regions of which a model must be one; without it anywhere',
  ),
})

const conditionSpec = z
  .string()
  .max(LONGEST_CONDITION)
  .superRefine((text, context) => {
    const fault = faultOfCondition(text)
    if (fault !== null) context.addIssue({ code: 'custom', message: `a condition; ${fault}` })
  })

export const ruleSpec = z
  .strictObject({
    when: setting(conditionSpec, 'condition on the request, such as tokens > 8000 && "image" in modalities'),
    targets: setting(
      targetsSpec.optional(),
      'models that share these requests, in place of those of the route',
    ),
    route: setting(z.string().optional(), 'route that takes these requests as a whole, in place of this one'),
    strategy: setting(
      strategySpec.optional(),
      'how to choose among the targets; without it as the route says',
    ),
    require: setting(
      needsSpec.optional(),
      'what a model must be to be asked, beyond what the route requires',
    ),
  })
  .superRefine((it, context) => {
    if (it.route === undefined) return
    for (const other of ['targets', 'strategy', 'require'] as const) {
      if (it[other] === undefined) continue
      context.addIssue({
        code: 'custom',
        path: [other],
        message: 'nothing here, because route hands the request over',
      })
    }
  })

const fallbackList = z.array(z.string()).min(1)

const CLASS_SAYS: Readonly<Record<(typeof FAILURE_CLASSES)[number], string>> = {
  overloaded: 'models tried when the provider says that it has too much to do (503, 529)',
  rate_limited: 'models tried when our limit there is reached (429)',
  context_too_long: 'models tried when the prompt is too long for the model',
  content_policy: "models tried when the provider's content policy refuses the request",
  auth: 'models tried when our credential, or its access to the model, is refused (401, 402, 403, 404)',
  timeout: 'models tried when no answer comes in time',
  connection: 'models tried when the provider cannot be reached or breaks off',
  failed: 'models tried when the provider fails in another way',
}

export const fallbackForSpec = z.strictObject(
  Object.fromEntries(
    FAILURE_CLASSES.map((it) => [it, setting(fallbackList.optional(), CLASS_SAYS[it])]),
  ) as unknown as Record<(typeof FAILURE_CLASSES)[number], z.ZodOptional<typeof fallbackList>>,
)

export const mirrorSpec = z.strictObject({
  model: setting(z.string(), 'model that gets the copies; nobody is answered from it'),
  share: setting(
    share.default(ROUTING_DEFAULTS.mirrorShare),
    'share of the requests that are copied, 0 to 1',
  ),
  maxPending: setting(
    z.int().min(1).max(10_000).default(ROUTING_DEFAULTS.mirrorPending),
    'copies under way at most; further ones are not sent',
    { unit: 'requests' },
  ),
})

export const hedgeSpec = z
  .strictObject({
    afterMs: setting(
      duration.optional(),
      'how long the first attempt has before a second one goes out beside it',
      {
        unit: 'ms',
      },
    ),
    quantile: setting(
      z.number().min(0.5).max(0.999).optional(),
      "in place of afterMs, as soon as enough is known: the time that this share of the target's last answers kept",
    ),
    maxShare: setting(
      z.number().min(0).max(1).default(ROUTING_DEFAULTS.hedgeShare),
      'share of the requests that may be hedged over time, so that slow providers do not get twice the load',
    ),
  })
  .refine((it) => it.afterMs !== undefined || it.quantile !== undefined, { error: 'afterMs or quantile' })

export const ejectionSpec = z.strictObject({
  failuresInRow: setting(
    z.int().min(1).max(1000).default(ROUTING_DEFAULTS.ejectAfter),
    'failures in a row after which a target rests',
  ),
  successGap: setting(
    z.number().min(0.01).max(1).default(ROUTING_DEFAULTS.ejectGap),
    'a target rests when its share of successes is lower than that of the other targets by more than this',
  ),
  minCalls: setting(
    z.int().min(1).max(100_000).default(ROUTING_DEFAULTS.ejectMinCalls),
    'calls that a target, and the others together, must have had before shares are compared',
  ),
  windowMs: setting(
    duration.default(ROUTING_DEFAULTS.ejectWindowMs),
    'how far back shares go, to twice this',
    {
      unit: 'ms',
    },
  ),
  forMs: setting(
    duration.default(ROUTING_DEFAULTS.ejectForMs),
    'the first rest; each further one is longer by as much',
    { unit: 'ms' },
  ),
  maxPercent: setting(
    z.int().min(1).max(100).default(ROUTING_DEFAULTS.ejectMaxPercent),
    'share of the targets that may rest at once, in per cent; one may, and the last never does',
  ),
})

const queueSpec = z.strictObject({
  max: setting(
    z.int().min(0).max(100_000).default(ROUTING_DEFAULTS.queueMax),
    'requests that may wait; further ones are refused at once with a time to come back',
    { unit: 'requests' },
  ),
  waitMs: setting(duration.default(ROUTING_DEFAULTS.queueWaitMs), 'how long one waits at most', {
    unit: 'ms',
  }),
})

export const concurrencySpec = z.strictObject({
  max: setting(z.int().min(1).max(1_000_000), 'requests at once; further ones wait', { unit: 'requests' }),
  queue: setting(queueSpec.prefault({}), 'who waits: higher priority first, then who came first'),
})

export const breakerSpec = z.strictObject({
  failures: setting(
    z.int().min(1).max(16).default(ROUTING_DEFAULTS.breakerFailures),
    'failures among the last sixteen attempts that open it, if they are at least half of them',
  ),
  windowMs: setting(
    duration.default(ROUTING_DEFAULTS.breakerWindowMs),
    'a failure this long after the one before starts a new count',
    { unit: 'ms' },
  ),
  openMs: setting(
    duration.default(ROUTING_DEFAULTS.breakerOpenMs),
    'the first rest, after which one request tries; doubles each time that one fails',
    { unit: 'ms' },
  ),
  maxOpenMs: setting(duration.default(ROUTING_DEFAULTS.breakerMaxOpenMs), 'no rest is longer', {
    unit: 'ms',
  }),
})

export const regionSpec = regionName
