/**
 * Every way in which no provider's answer comes back: the part of the gateway's table that is about routes and those behind them.
 * One table all the same: whoever asks for a code asks `errors.ts`.
 */
import type { Rule } from './errors.ts'

const rule = <Details>(it: Rule<Details>): Rule<Details> => it

export const upstreamRules = {
  'routing.no_such_model': rule<{ model: string; nearest: string | null }>({
    blame: 'sender',
    retry: false,
    status: 404,
    say: (it) =>
      `there is no route or model "${it.model}"${it.nearest ? `; did you mean "${it.nearest}"?` : ''}`,
  }),
  'routing.queue_full': rule<{ name: string }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) => `"${it.name}" has as many requests as it may, and as many waiting`,
  }),
  'routing.queue_timeout': rule<{ name: string }>({
    blame: 'operator',
    retry: true,
    status: 503,
    say: (it) => `"${it.name}" has as many requests as it may, and no place became free in time`,
  }),
  'routing.none_allowed': rule<{ route: string }>({
    blame: 'sender',
    retry: false,
    status: 403,
    say: (it) =>
      `no target of "${it.route}" may be sent this request: it asks for a region, or for a target marked for sensitive data, that the route does not have`,
  }),
  'routing.not_passed': rule<{ target: string; path: string }>({
    blame: 'operator',
    retry: false,
    status: 400,
    say: (it) =>
      `"${it.target}" does not answer ${it.path}, which is passed on to providers that speak OpenAI's formats; nothing was sent`,
  }),
  'routing.no_embeddings': rule<{ target: string }>({
    blame: 'operator',
    retry: false,
    status: 400,
    say: (it) => `"${it.target}" makes no embeddings; nothing was sent`,
  }),
  'upstream.failed': rule<{ target: string; status: number }>({
    blame: 'upstream',
    retry: true,
    status: 502,
    say: (it) => `"${it.target}" answered ${it.status}`,
  }),
  'upstream.refused': rule<{ target: string; status: number }>({
    blame: 'sender',
    retry: false,
    status: 400,
    say: (it) => `"${it.target}" refused the request with status ${it.status}`,
  }),
  'upstream.overloaded': rule<{ target: string; status: number }>({
    blame: 'upstream',
    retry: true,
    status: 503,
    say: (it) => `"${it.target}" has too much to do and answered ${it.status}`,
  }),
  'upstream.connect': rule<{ target: string }>({
    blame: 'upstream',
    retry: true,
    status: 502,
    say: (it) => `"${it.target}" could not be reached`,
  }),
  'upstream.timeout': rule<{ target: string; limitMs: number }>({
    blame: 'upstream',
    retry: true,
    status: 504,
    say: (it) => `"${it.target}" did not answer within ${it.limitMs} ms`,
  }),
  'upstream.reset': rule<{ target: string }>({
    blame: 'upstream',
    retry: true,
    status: 502,
    say: (it) => `"${it.target}" closed the connection before its answer was complete`,
  }),
  'upstream.protocol': rule<{ target: string }>({
    blame: 'upstream',
    retry: true,
    status: 502,
    say: (it) => `"${it.target}" sent what could not be read as its format`,
  }),
  'upstream.malformed': rule<{ target: string }>({
    blame: 'upstream',
    retry: true,
    status: 502,
    say: (it) => `"${it.target}" ended its answer because what its model wrote is none`,
  }),
  'upstream.outrun': rule<{ target: string }>({
    blame: 'upstream',
    retry: false,
    status: 499,
    say: (it) => `another attempt of the same call answered before "${it.target}"`,
  }),
  'upstream.open_breakers': rule<{ route: string }>({
    blame: 'upstream',
    retry: true,
    status: 503,
    say: (it) => `every target of "${it.route}" has failed lately and is given a rest`,
  }),
}
