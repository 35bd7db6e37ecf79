/** How the gateway says no to those who call published APIs, who ask to be let in, and who publish. Part of the table in `errors.ts`. */
import type { Rule } from './errors.ts'

const rule = <Details>(it: Rule<Details>): Rule<Details> => it

export const apiRules = {
  'apis.no_such_api': rule<{ api: string }>({
    blame: 'sender',
    retry: false,
    status: 404,
    say: (it) => `there is no API "${it.api}"; "GET /apis" lists those that this key may call`,
  }),
  'apis.input': rule<{
    api: string
    pointer: string
    problem: string
    issues: readonly { readonly pointer: string; readonly message: string }[]
  }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) =>
      `the input of "${it.api}" does not keep to its schema: ${it.pointer === '' ? 'the input' : it.pointer} ${it.problem}`,
  }),
  'apis.retired': rule<{ api: string; successor: string | null }>({
    blame: 'sender',
    retry: false,
    status: 410,
    say: (it) => `"${it.api}" is retired${it.successor === null ? '' : `; call "${it.successor}" instead`}`,
  }),
  'apis.not_subscribed': rule<{ api: string; state: string }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) =>
      `"${it.api}" needs a subscription, and that of this tenant is ${it.state}; ask by "POST /v1/apis/${it.api}/subscriptions"`,
  }),
  'apis.no_subscription_needed': rule<{ api: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) => `"${it.api}" needs no subscription; it can be called as it is`,
  }),
  'apis.output': rule<{ api: string; pointer: string; problem: string }>({
    blame: 'upstream',
    retry: true,
    status: 502,
    say: (it) =>
      `the output of "${it.api}" does not keep to its schema: ${it.pointer === '' ? 'the output' : it.pointer} ${it.problem}`,
  }),
  'apis.no_such_subscription': rule<{ api: string; tenant: string }>({
    blame: 'sender',
    retry: false,
    status: 404,
    say: (it) => `"${it.tenant}" has not asked for a subscription to "${it.api}"`,
  }),
  'apis.cannot_decide': rule<{ api: string; tenant: string; state: string; to: string }>({
    blame: 'sender',
    retry: false,
    status: 409,
    say: (it) =>
      `the subscription of "${it.tenant}" to "${it.api}" is ${it.state}, and so cannot be ${it.to}; nothing was changed`,
  }),
  'apis.subscriptions_not_kept': rule<object>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: () => 'the subscription could not be written down; nothing was changed',
  }),
  'settings.api_changed': rule<{ api: string; field: string; next: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `"${it.field}" of "${it.api}" is published and does not change; publish "${it.next}" instead`,
  }),
  'settings.api_moved': rule<{ api: string; from: string; to: string; may: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `"${it.api}" is ${it.from} and cannot become ${it.to}${it.may === '' ? '' : `, only ${it.may}`}; publish a new version instead`,
  }),
  'settings.api_gone': rule<{ api: string; state: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `"${it.api}" is ${it.state} and was taken away; retire it first, so that its callers are told`,
  }),
  'settings.api_schema': rule<{ pointer: string; reason: string }>({
    blame: 'sender',
    retry: false,
    status: 422,
    say: (it) =>
      `${it.pointer}: found a schema of which no check can be made (${it.reason}), expected JSON Schema 2020-12`,
  }),
} as const
