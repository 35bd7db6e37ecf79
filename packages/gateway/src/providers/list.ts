/** What is built in, by kind. One that speaks OpenAI's formats is an entry in `table.ts`; any other a file and a line here. */
import type { Provider } from '../contract/provider.ts'
import { anthropic } from './anthropic.ts'
import { bedrock } from './bedrock.ts'
import { compatible } from './compatible.ts'
import { gemini } from './gemini.ts'
import { simulated } from './simulated.ts'
import { azure, compatibleProviders } from './table.ts'
import { vertex } from './vertex.ts'
import { vertexAnthropic } from './vertex-anthropic.ts'

const list: readonly Provider[] = [
  anthropic,
  bedrock,
  compatible(azure),
  gemini,
  simulated,
  vertex,
  vertexAnthropic,
  ...compatibleProviders,
]

export const providers: Readonly<Record<string, Provider>> = Object.fromEntries(
  list.map((it) => [it.kind, it]),
)
