/** The request that every caller sends: 1 KB of JSON, the same bytes to every candidate but for the model's name. */
import type { Target } from './job.ts'

const bodyBytes = 1024
/** More than any stream here has chunks. */
const usualTokens = 256

/** `tokens`: where a stream is to end before the upstream's usual number of chunks. */
export function writeRequest(target: Target, stream: boolean, tokens = usualTokens): string {
  const body = writeBody(target.model, stream, tokens)
  const headers = Object.entries(target.headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return (
    `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${target.port}\r\n${headers.join('')}` +
    `content-type: application/json\r\naccept: ${stream ? 'text/event-stream' : 'application/json'}\r\n` +
    `content-length: ${body.length}\r\n\r\n${body}`
  )
}

/** The same request each time with other words in it: as many as nobody has said before, and none that look like a secret. */
export function writeDistinct(target: Target): () => string {
  const whole = writeRequest(target, false)
  const at = whole.indexOf(FIRST_WORDS)
  const [before, after] = [whole.slice(0, at), whole.slice(at + FIRST_WORDS.length)]
  // The numbers of one process follow each other; another's begin elsewhere.
  let count = (Date.now() % 100_000) * 1_000
  return () => {
    count += 1
    return `${before}${sayNumber(count).slice(0, FIRST_WORDS.length).padEnd(FIRST_WORDS.length)}${after}`
  }
}

const SYLLABLES = ['ba', 'ce', 'di', 'fo', 'gu', 'ha', 'je', 'ki', 'lo', 'mu']

/** Last digit first, a syllable each, two a word. */
function sayNumber(count: number): string {
  let text = ''
  for (let left = count, i = 1; left > 0; left = Math.floor(left / 10), i += 1) {
    text += SYLLABLES[left % 10] ?? ''
    if (i % 2 === 0) text += ' '
  }
  return text
}

/** How the caller's question begins, and long enough for a number of eleven digits in words. */
const FIRST_WORDS = 'When does the second projector '

function writeBody(model: string, stream: boolean, tokens: number): string {
  const make = (text: string): string =>
    JSON.stringify({
      model,
      messages: [
        { role: 'system', content: 'You answer questions about cinemas, briefly and politely.' },
        { role: 'user', content: text },
      ],
      temperature: 0.7,
      max_tokens: tokens,
      user: 'bench-user-0001',
      ...(stream && { stream: true }),
    })
  const filler = `${FIRST_WORDS}take over from the first one? `
  return make(filler.repeat(20).slice(0, Math.max(0, bodyBytes - make('').length)))
}
