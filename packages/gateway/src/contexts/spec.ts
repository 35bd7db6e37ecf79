/** What can be set about model contexts. Keyed `name@version`; what is published under a version does not change. */
import { z } from 'zod'
import { PLAIN_NAME, PLAIN_NAME_EXPECTED, setting } from '../contract/setting.ts'

export { CONTEXT_NAME_EXPECTED, isContextName } from './context-name.ts'

/** Words in `{{…}}`: the start of a JavaScript name, so that callers can write them without quotes. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/
const VARIABLE_NAME_EXPECTED = 'a name of 1 to 64 letters, digits or "_" that does not start with a digit'

export const CONTEXT_DEFAULTS = {
  // A prompt variable is a name, a language, a paragraph. What is longer belongs into a message, where
  // it is counted and seen.
  maxLength: 4096,
} as const

const variableSpec = z.strictObject({
  default: setting(
    z.string().optional(),
    'what stands in when the caller gives none; without it the caller must give one',
  ),
  maxLength: setting(
    z.int().min(1).max(1_000_000).default(CONTEXT_DEFAULTS.maxLength),
    'the longest value that is taken from a caller',
    { unit: 'characters' },
  ),
  description: setting(z.string().optional(), 'what the variable is for, for people'),
})

export const contextSpec = z.strictObject({
  prompt: setting(
    z.string().min(1).max(1_000_000),
    'system prompt; {{name}} stands for the declared variable of that name',
  ),
  variables: setting(
    z.record(z.string().regex(VARIABLE_NAME, { error: VARIABLE_NAME_EXPECTED }), variableSpec).default({}),
    'what may stand in {{…}}, by name',
  ),
  parameters: setting(
    z.record(z.string(), z.unknown()).optional(),
    'defaults for request fields that the caller leaves out, such as temperature; they go before those of the model',
  ),
  description: setting(z.string().optional(), 'what the context is for, for people'),
  tenants: setting(
    z
      .array(z.string().regex(PLAIN_NAME, { error: PLAIN_NAME_EXPECTED }))
      .min(1)
      .optional(),
    'tenants that it belongs to; others have the next lower version of a range, and where there is none, routes that have it do not exist for them; without it, all',
  ),
})

export type ContextSpec = z.output<typeof contextSpec>
