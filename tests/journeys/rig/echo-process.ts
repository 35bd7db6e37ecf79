/** The echo provider as a process of its own, for loads that must not share a core's turn with it. */
import { startEchoProvider } from './echo-provider.ts'

const provider = await startEchoProvider()
console.log(`echo ${provider.origin}`)
