import type { LogRecord } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import { compileSettings } from '../live-settings.ts'
import { createRedactor } from '../redact.ts'
import { defaultTelemetrySettings, type LogFormat } from '../settings.ts'
import { formatLine } from './format.ts'

const AT = Date.UTC(2026, 10, 21, 9, 30, 5, 42)
const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true }

function line(record: Partial<LogRecord>, format: LogFormat, colours = false): string {
  const live = compileSettings(defaultTelemetrySettings, '1.7')
  const full: LogRecord = { level: 'info', room: 'engine', message: 'version applied', ...record }
  return formatLine({ record: full, atMs: AT, live }, { format, colours, redactor: createRedactor() })
}

describe('a json line', () => {
  it('has its keys in a fixed order, then the attributes, and is one line', () => {
    const text = line(
      {
        span,
        eventName: 'config.reload.completed',
        attributes: { 'reload.status': 'success', n: 1, gone: undefined },
      },
      'json',
    )
    expect(text.indexOf('\n')).toBe(text.length - 1)
    expect(Object.entries(JSON.parse(text))).toEqual([
      ['time', '2026-11-21T09:30:05.042Z'],
      ['level', 'info'],
      ['room', 'engine'],
      ['msg', 'version applied'],
      ['trace_id', span.traceId],
      ['span_id', span.spanId],
      ['config.version', '1.7'],
      ['event.type', 'config.reload.completed'],
      ['reload.status', 'success'],
      ['n', 1],
    ])
  })

  it('prefers the version that the record names', () => {
    expect(JSON.parse(line({ attributes: { 'config.version': '1.6' } }, 'json'))['config.version']).toBe(
      '1.6',
    )
  })

  it('lets no attribute take the place of a key of its own', () => {
    const parsed = JSON.parse(line({ attributes: { level: 'x', msg: 'y' } }, 'json'))
    expect(parsed).toMatchObject({
      level: 'info',
      msg: 'version applied',
      'attr.level': 'x',
      'attr.msg': 'y',
    })
  })

  it('tells an error with its causes', () => {
    const error = new Error('no answer', { cause: new Error('connect refused') })
    expect(JSON.parse(line({ error }, 'json'))).toMatchObject({
      'error.type': 'Error',
      'error.chain': ['Error: no answer', 'Error: connect refused'],
    })
  })
})

describe('a logfmt line', () => {
  it('quotes what needs it and nothing else', () => {
    const text = line(
      { attributes: { a: 'plain', b: 'two words', c: 'x="1"', d: 5, e: ['/a', '/b'] } },
      'logfmt',
    )
    expect(text).toBe(
      'time=2026-11-21T09:30:05.042Z level=info room=engine msg="version applied" config.version=1.7 ' +
        'a=plain b="two words" c="x=\\"1\\"" d=5 e="[\\"/a\\",\\"/b\\"]"\n',
    )
  })

  it('stays one line whatever is in it', () => {
    const text = line({ message: 'a\nb', attributes: { 'k e\ny=': 'v\r\n' } }, 'logfmt')
    expect(text.trimEnd()).not.toMatch(/[\r\n]/)
  })
})

describe('a pretty line', () => {
  it('stands in columns', () => {
    expect(line({ attributes: { n: 1 } }, 'pretty')).toBe(
      '09:30:05.042 INFO  engine     version applied                              n=1 config.version=1.7\n',
    )
  })

  it('has colours only for a terminal', () => {
    expect(line({}, 'pretty', true)).toContain('\u001b[32mINFO ')
    expect(line({}, 'pretty')).not.toContain('\u001b')
  })

  it('lets no message draw on the terminal or pass for another line', () => {
    const text = line({ message: 'a\u001b[2J\n09:30:05.042 INFO  engine' }, 'pretty')
    expect(['\u001b', '\n'].filter((it) => text.trimEnd().includes(it))).toEqual([])
  })

  it('puts an error and its causes on lines of their own', () => {
    const error = new Error('no answer', { cause: new Error('connect refused') })
    const lines = line({ error, level: 'error' }, 'pretty').trimEnd().split('\n')
    expect(lines[1]).toBe('    Error: no answer')
    expect(lines[2]).toMatch(/^ +at /)
    expect(lines.at(-1)).toBe('    caused by Error: connect refused')
  })

  it.each(['warn', 'error'] as const)(
    'shows what an error of outside would do to a terminal: %s',
    (level) => {
      const error = new Error('no\u001b[2J\r\nanswer\u0007', {
        cause: new Error('a\tb\r09:30 INFO \u009b1m'),
      })
      const text = line({ error, level, message: 'told\u009b1m', attributes: { x: 'y\u007f' } }, 'pretty')
      expect(text).not.toMatch(/[^\n\P{Cc}]/u)
      expect(text.split('\n')[1]).toBe('    Error: no\\u001b[2J')
      expect(text).toContain('    answer\\u0007\n')
      expect(text).toContain('    caused by Error: a\\u0009b\\u000d09:30 INFO \\u009b1m\n')
      expect(text).toMatch(/"told\\u009b1m" +x="y\\u007f"/)
    },
  )

  it('leaves out where the code stood when it was not the code that failed', () => {
    const error = new Error('no answer', { cause: new Error('connect refused') })
    const [, ...rest] = line({ error, level: 'warn' }, 'pretty').trimEnd().split('\n')
    expect(rest).toEqual(['    Error: no answer', '    caused by Error: connect refused'])
  })
})

describe('any line', () => {
  it('has no secret in it, whichever field it came by', () => {
    const redactor = createRedactor()
    redactor.add('canary-7f3a"x')
    const record: LogRecord = {
      level: 'error',
      room: 'server',
      message: 'key canary-7f3a"x refused',
      attributes: { a: 'canary-7f3a"x', list: ['canary-7f3a"x'], password: 'other' },
      error: new Error('canary-7f3a"x', { cause: new Error('Bearer canary-7f3a"x') }),
    }
    const live = compileSettings(defaultTelemetrySettings, null)
    for (const format of ['json', 'logfmt', 'pretty'] as const) {
      const text = formatLine({ record, atMs: AT, live }, { format, colours: false, redactor })
      expect(text).not.toContain('canary-7f3a')
      expect(text).not.toContain('other')
    }
  })

  it('is plain when its formatter fails, and nobody is thrown at', () => {
    const hostile = {
      get a(): string {
        throw new Error('no')
      },
    }
    for (const format of ['json', 'logfmt', 'pretty'] as const) {
      expect(line({ attributes: hostile }, format)).toBe(
        '2026-11-21T09:30:05.042Z info engine version applied (attributes could not be written)\n',
      )
    }
  })
})
