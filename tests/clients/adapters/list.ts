/** Every client that the suite is led through. To add one: a file beside this, a line here. */
import type { OfficialClient } from '../official-client.ts'
import { agents } from './agents.ts'
import { anthropic } from './anthropic.ts'
import { googleGenai } from './google-genai.ts'
import { langchain } from './langchain.ts'
import { mistral } from './mistral.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiResponses } from './openai-responses.ts'
import { vercelAiClients } from './vercel-ai.ts'

export const clients: readonly OfficialClient[] = [
  openaiChat,
  openaiResponses,
  anthropic,
  googleGenai('v1'),
  googleGenai('v1beta'),
  mistral,
  langchain,
  agents,
  ...vercelAiClients,
]
