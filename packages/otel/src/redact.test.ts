import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor, REDACTED } from './redact.ts'

describe('a redactor', () => {
  it('takes out a value that was named, wherever and however it is written', () => {
    const redactor = createRedactor()
    const secret = 'p"w/ é1'
    redactor.add(secret)
    const forms = [
      `x${secret}y`,
      JSON.stringify({ a: secret }),
      `?key=${encodeURIComponent(secret)}`,
      Buffer.from(secret).toString('base64'),
    ]
    for (const form of forms) {
      const clean = redactor.text(form)
      expect(clean).toContain(REDACTED)
      expect(clean).not.toContain(secret)
    }
  })

  it('lets no named value through, whatever stands around it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 4, maxLength: 20 }), { minLength: 1, maxLength: 5 }),
        fc.string(),
        fc.string(),
        (secrets, before, after) => {
          const redactor = createRedactor()
          for (const secret of secrets) redactor.add(secret)
          for (const secret of secrets) {
            // A neighbour may form the secret together with the mark that replaced it; that is not a leak.
            fc.pre(!REDACTED.includes(secret))
            const clean = redactor.text(`${before}${secret}${after}`)
            expect(clean.replaceAll(REDACTED, '\u0000')).not.toContain(secret)
          }
        },
      ),
    )
  })

  it('knows the shapes of common credentials', () => {
    const redactor = createRedactor()
    const shapes = [
      'sk-abcdefghijklmnop1234',
      'sk-ant-api03-abcdefghijklmnop',
      'ghp_abcdefghijklmnopqrstuvwxyz0123',
      'AKIAIOSFODNN7EXAMPLE',
      'AIzaSyA-abcdefghijklmnopqrstuvwxyz01234',
      'xoxb-1234567890-abcdef',
      'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF123',
      'Bearer abcdef123456',
      'postgres://user:hunter2@db/x',
      '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----',
    ]
    for (const shape of shapes) expect(redactor.text(`a ${shape} b`)).toContain(REDACTED)
  })

  it('leaves ordinary text alone', () => {
    const redactor = createRedactor()
    const plain = [
      'support-chat: model-a=0%, model-b=100%',
      '4bf92f3577b34da6a3ce929d0e0e4736',
      'https://api.example.com/v1/chat?x=1',
      'task-force-of-seventeen-people',
      'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    ]
    for (const text of plain) expect(redactor.text(text)).toBe(text)
  })

  it('goes by the name of an attribute too, and by its last part only', () => {
    const redactor = createRedactor()
    expect(redactor.attribute('http.request.header.authorization', 'x')).toBe(REDACTED)
    expect(redactor.attribute('provider.api_key', 'x')).toBe(REDACTED)
    expect(redactor.attribute('gen_ai.usage.input_tokens', 12)).toBe(12)
    expect(redactor.attribute('reload.signature.keyids', ['ci-2026a'])).toEqual(['ci-2026a'])
  })

  it('forgets what it remembered when another secret becomes known', () => {
    const redactor = createRedactor()
    expect(redactor.attribute('a', 'the-late-canary')).toBe('the-late-canary')
    redactor.add('the-late-canary')
    expect(redactor.attribute('a', 'the-late-canary')).toBe(REDACTED)
  })

  it('does not take values that would blot out plain words', () => {
    const redactor = createRedactor()
    redactor.add('a')
    expect(redactor.text('a plain sentence')).toBe('a plain sentence')
  })
})
