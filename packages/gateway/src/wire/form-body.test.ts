import { describe, expect, it } from 'vitest'
import { FormBody } from './form-body.ts'

const type = 'multipart/form-data; boundary=xx'
const part = (name: string, value: string, more = '') =>
  `--xx\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
const sound = Buffer.from([0, 13, 10, 45, 45, 255, 13, 10, 13, 10])
const form = (...parts: (string | Buffer)[]) =>
  Buffer.concat([...parts, '--xx--\r\n'].map((it) => (typeof it === 'string' ? Buffer.from(it) : it)))
const file = [
  Buffer.from(
    '--xx\r\nContent-Disposition: form-data; name="file"; filename="model.wav"\r\nContent-Type: audio/wav\r\n\r\n',
  ),
  sound,
  Buffer.from('\r\n'),
]

describe('a form', () => {
  it('names its model wherever that stands, and every other byte stays', () => {
    const bytes = form(...file, part('model', 'whisper'), part('language', 'de'))
    const body = new FormBody(bytes, type)

    expect(body.model).toBe('whisper')
    expect(body.stream).toBe(false)
    expect(body.bytes).toBe(bytes)
    expect(body.withModel('whisper-1')).toEqual(
      form(...file, part('model', 'whisper-1'), part('language', 'de')),
    )
  })

  it('may quote its boundary', () => {
    expect(new FormBody(form(part('model', 'm')), 'multipart/form-data; boundary="xx"').model).toBe('m')
  })

  it.each([
    ['no boundary', form(part('model', 'm')), 'multipart/form-data'],
    ['another boundary', form(part('model', 'm')), 'multipart/form-data; boundary=yy'],
    ['a part without an end', Buffer.from(part('model', 'm').slice(0, -2)), type],
    ['two models', form(part('model', 'a'), part('model', 'b')), type],
    ['an endless head', form(`--xx\r\nX: ${'y'.repeat(5000)}\r\n\r\nz\r\n`), type],
  ])('with %s is refused', (_, bytes, contentType) => {
    expect(() => new FormBody(bytes, contentType)).toThrow(
      expect.objectContaining({ code: 'request.not_form' }),
    )
  })

  it('without a model is refused, and a file of that name is none', () => {
    expect(() => new FormBody(form(...file), type)).toThrow(
      expect.objectContaining({ code: 'request.field' }),
    )
    expect(() => new FormBody(form(part('xmodel', 'm')), type)).toThrow()
  })
})
