/** What is built in, by kind, sorted. A new provider is one file and one line here. */
import type { Provider } from '../contract/provider.ts'
import { anthropic } from './anthropic.ts'
import { openai } from './openai.ts'
import { openaiCompatible } from './openai-compatible.ts'
import { simulated } from './simulated.ts'

export const providers: Readonly<Record<string, Provider>> = {
  anthropic,
  openai,
  'openai-compatible': openaiCompatible,
  simulated,
}
