/**
 * What each official client is asked to do through the gateway, in its own way of writing it. One adapter a client,
 * one line in `adapters/list.ts`; what must come of it is said once, in `suite.test.ts`.
 */

export interface Where {
  /** Of the data plane, without a path. */
  readonly origin: string
  readonly key: string
  /** How often the client itself may try again. */
  readonly retries: number
}

export interface CalledTool {
  readonly name: string
  readonly arguments: unknown
}

export interface ToolRound {
  readonly called: readonly CalledTool[]
  /** What the model said after it had the results. */
  readonly answer: string
}

export interface Session {
  plain(model: string, text: string): Promise<string>
  /** In pieces, as they come. */
  stream(model: string, text: string, signal?: AbortSignal): AsyncIterable<string>
  /** Offers `get_weather` and `get_time`, each with a `city`; answers each call with `sunny` and `noon`. */
  tools(model: string, text: string): Promise<ToolRound>
  /** Asks for `{ city: string, days: integer }`. */
  structured(model: string, text: string): Promise<unknown>
  /** Shows one small picture. */
  image(model: string, text: string): Promise<string>
  readonly embed?: (model: string, texts: readonly string[]) => Promise<readonly (readonly number[])[]>
}

export type ErrorClass = abstract new (...args: never[]) => Error

export interface OfficialClient {
  readonly name: string
  open(where: Where): Session
  /** The class that it throws for a status, where it has one of its own; else its general one. */
  errorClass(status: number): ErrorClass
  readonly embeds: boolean
}

/** One red pixel. */
export const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=='

export const CITY = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const

export const TRIP = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer' } },
  required: ['city', 'days'],
  additionalProperties: false,
} as const

export const TOOLS = [
  { name: 'get_weather', description: 'The weather in a city', result: 'sunny' },
  { name: 'get_time', description: 'The time in a city', result: 'noon' },
] as const

export function resultOf(tool: string): string {
  return TOOLS.find((it) => it.name === tool)?.result ?? 'no such tool'
}
