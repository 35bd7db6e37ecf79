import type { Attempt, Problem } from '@changeover/sdk'
import { describe, expect, it } from 'vitest'
import { writeReceipt, writeWords } from './changes.ts'
import { clip, createPaint, padEnd, plain, widthOf } from './paint.ts'
import { writeProblem } from './problem.ts'
import { writeTable } from './table.ts'
import { writeTimeTree } from './time-tree.ts'
import { sayAgo, sayDuration, saySpan } from './times.ts'

describe('a refusal', () => {
  const problem: Problem = {
    type: 'urn:changeover:error:payload.unreadable',
    title: 'Refused',
    status: 422,
    detail: '"new.yaml" has 1 error; the running version stays',
    code: 'payload.unreadable',
    retry: false,
    issues: [
      {
        code: 'settings.syntax',
        message: 'found a tab, expected spaces',
        place: { file: 'new.yaml', line: 2, column: 4 },
        hint: 'indent with two spaces',
      },
    ],
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  }

  it.each([
    ['# nothing\n\n  # here\n', '"new.yaml" says nothing: is it the file that was meant?'],
    ['models: {}\n', 'say --allow-shrink if that is meant'],
  ])('that would take much away says what to do: %j', (text, hint) => {
    const issue = { code: 'validate.shrink', message: 'it would remove 3 of 3' }
    const issues = [{ ...issue, place: { file: 'new.yaml', line: 1, column: 1 } }]
    const lines = writeProblem({ ...problem, detail: issue.message, issues }, plain, {
      name: 'new.yaml',
      text,
    })
    expect(lines).toContain(`  hint  ${hint}`)
  })

  it('shows the line that was sent, and a caret below the place', () => {
    expect(writeProblem(problem, plain, { name: 'new.yaml', text: 'routes:\n\t chat: 1\n' })).toEqual([
      'refused  "new.yaml" has 1 error; the running version stays  payload.unreadable',
      '',
      'new.yaml:2:4  found a tab, expected spaces  settings.syntax',
      '  1 │ routes:',
      '  2 │ \t chat: 1',
      '    │ \t  ^',
      '  hint  indent with two spaces',
      '',
      'trace 4bf92f3577b34da6a3ce929d0e0e4736',
    ])
  })

  it('says once what its only issue says too, and where', () => {
    const [issue] = problem.issues ?? []
    const lines = writeProblem({ ...problem, detail: issue?.message ?? '' }, plain)
    expect(lines[0]).toBe('refused  payload.unreadable')
    expect(lines.filter((it) => it.includes('found a tab'))).toHaveLength(1)
    const bare = { ...problem, issues: [{ code: problem.code, message: problem.detail }] }
    expect(writeProblem(bare, plain).filter((it) => it.includes('has 1 error'))).toHaveLength(1)
  })

  it.each([
    ['    credential: sk-abc', '    credential: …'],
    ['    credential: "sk-abc" # ours', '    credential: "…" # ours'],
    ['    credental: [abc+/d', '    credental: …'],
    ['{ kind: openai, credential: "sk-abc", weight: 3 }', '{ kind: openai, credential: "…", weight: 3 }'],
    ['"x-api-key": "abc"', '"x-api-key": "…"'],
    ['key = "abc"', 'key = "…"'],
    ['    authorization: Bearer abc', '    authorization: …'],
    ['    baseUrl: http://user:pass@host/v1', '    baseUrl: http://user:…@host/v1'],
  ])('does not repeat what could be a secret: %s', (line, shown) => {
    const lines = writeProblem(problem, plain, { name: 'new.yaml', text: `${line}\n${line}\n` })
    expect(lines.filter((it) => it.includes('│')).slice(0, 2)).toEqual([`  1 │ ${shown}`, `  2 │ ${shown}`])
  })

  it.each(['    credential: ${env:KEY}', '    credential: "${file:/run/key}"', 'keys:', 'tokens: many'])(
    'shows %s as it stands',
    (line) => {
      const lines = writeProblem(problem, plain, { name: 'new.yaml', text: `\n${line}\n` })
      expect(lines).toContain(`  2 │ ${line}`)
    },
  )

  it('quotes no line of a text that is another', () => {
    const lines = writeProblem(problem, plain, { name: 'other.yaml', text: 'a\nb\n' }).join('\n')
    expect(lines).toContain('new.yaml:2:4')
    expect(lines).not.toContain('│')
  })
})

describe('a time tree', () => {
  const stage = (name: string, startMs: number, durationMs: number, stages?: Attempt['stages']) => ({
    name,
    startMs,
    durationMs,
    ...(stages === undefined ? {} : { stages }),
  })

  it('puts each stage where it lies, and cuts what goes on after the swap', () => {
    const stages = [
      stage('verify', 0, 4),
      stage('load', 4, 12, [stage('gateway', 4, 8)]),
      stage('swap', 16, 0.01),
      stage('observe', 16, 60_000),
    ]
    expect(writeTimeTree({ stages }, plain)).toEqual(
      [
        '├ verify        4.0 ms  ███████▉',
        '├ load           12 ms         ███████████████████████▉',
        '│ └ gateway     8.0 ms         ███████████████▉',
        '├ swap          0.0 ms                                 ▏',
        '└ observe        1 min                                 →',
      ].map((line) => line.trimEnd()),
    )
  })

  it('names what failed', () => {
    const [line] = writeTimeTree({ stages: [{ ...stage('warmup', 0, 5), failed: 'warmup.deadline' }] }, plain)
    expect(line).toContain('warmup.deadline')
  })
})

describe('words', () => {
  it('say what came, went and changed, and cut a long list', () => {
    expect(
      writeWords(
        [
          'routes/chat targets 0 weight: 90 -> 50',
          'models/x: added {1 field}',
          'models/y: removed {1 field}',
        ],
        plain,
      ),
    ).toEqual([
      '  ~ routes/chat targets 0 weight  90 → 50',
      '  + models/x  added {1 field}',
      '  - models/y  removed {1 field}',
    ])
    expect(writeWords([], plain)).toEqual(['  nothing differs'])
    expect(
      writeWords(
        Array.from({ length: 50 }, () => 'a/b: 1 -> 2'),
        plain,
      ).at(-1),
    ).toBe('  and 10 more')
  })

  it('say what a receipt says of the file', () => {
    const receipt = {
      outcome: 'applied',
      attempt: 'rl_1',
      traceId: 't',
      version: '1.2',
      previous: '1.1',
    } as const
    const file = { path: 'changeover.yaml', written: true, kept: 'changeover.yaml.before-1.2' }
    expect(writeReceipt({ ...receipt, file }, plain, 0)).toEqual([
      'applied  1.1 → 1.2',
      '  written back into changeover.yaml; what it held is kept as "changeover.yaml.before-1.2"',
      '  reload rl_1   trace t',
    ])
    const lost = { path: 'changeover.yaml', written: false, trouble: 'settings.write_back' }
    expect(writeReceipt({ ...receipt, file: lost }, plain, 0).join()).toContain(
      'could not be written (settings.write_back)',
    )
    expect(writeReceipt({ ...receipt, outcome: 'unchanged', reason: 'already_applied' }, plain, 0)).toEqual([
      'unchanged  nothing to change; 1.2 stays in force',
    ])
  })
})

describe('a table', () => {
  it('is as wide as its cells, colours aside', () => {
    const paint = createPaint({}, { FORCE_COLOR: '1' })
    const rows = [
      [paint('red', 'ab'), '1', 'x'],
      ['abcd', '100', ''],
    ]
    const columns = [{ title: 'A' }, { title: 'N', right: true }, { title: 'LAST' }]
    const lines = writeTable(columns, rows, { paint, columns: 80 }).map((it) => widthOf(it))
    expect(lines).toEqual([15, 12, 9])
    expect(writeTable(columns, [['abcd', '100', 'y']], { paint: plain, columns: 80 })).toEqual([
      'A       N  LAST',
      'abcd  100  y',
    ])
  })

  const columns = [
    { title: 'ID', whole: true },
    { title: 'WHO' },
    { title: 'N', right: true },
    { title: 'MORE', spare: true },
    { title: 'WHAT' },
  ]
  const row = [
    'call-0123456789',
    'somebody with a name',
    '1234',
    'can be done without',
    'a long reason '.repeat(5),
  ]
  const written = (room: number, paint = plain) => writeTable(columns, [row], { paint, columns: room })

  it('is whole where it is piped', () => {
    expect(written(Number.POSITIVE_INFINITY)[1]).toBe(row.join('  ').trimEnd())
  })

  it('fits the terminal: the widest text is cut, then the next, and neither numbers nor what is copied', () => {
    for (const room of [200, 120, 100, 80])
      expect(written(room).every((it) => widthOf(it) <= room)).toBe(true)
    expect(written(110)[1]).toMatch(
      /^call-0123456789 {2}somebody with a name {2}1234 {2}can be done without {2}a long reason .*…$/,
    )
    expect(written(80)[1]).toBe(
      'call-0123456789  somebody with a …  1234  can be done witho…  a long reason a l…',
    )
  })

  it('leaves out what can be done without when nothing else helps, and says so', () => {
    expect(written(60)).toEqual([
      'ID               WHO                   N  WHAT',
      'call-0123456789  somebody with a …  1234  a long reason a l…',
      'no room for MORE',
    ])
  })

  it('cuts no colour off', () => {
    const paint = createPaint({}, { FORCE_COLOR: '1' })
    expect(clip(`${paint('red', 'abcdef')} ${paint('dim', 'gh')}`, 4)).toBe(
      `${paint('red', 'abc…')}${paint('dim', '')}`,
    )
    expect(clip(paint('red', 'abc'), 3)).toBe(paint('red', 'abc'))
  })
})

describe('times and widths', () => {
  it('are said as people say them', () => {
    expect([0.04, 9.96, 12.4, 999, 3_420, 61_000, 7_200_000, 7_260_000].map(sayDuration)).toEqual([
      '0.0 ms',
      '10.0 ms',
      '12 ms',
      '999 ms',
      '3.4 s',
      '1 min',
      '2 h',
      '2 h 1 min',
    ])
    expect(saySpan(3 * 86_400_000)).toBe('3 d')
    expect(sayAgo('2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1, 0, 5))).toBe('5 min ago')
    expect(sayAgo('2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1))).toBe('just now')
  })

  it('count letters, not bytes', () => {
    expect(widthOf('grün…')).toBe(5)
    expect(padEnd('é', 3)).toBe('é  ')
    expect(clip('abcdef', 4)).toBe('abc…')
    expect(clip('abcd', 4)).toBe('abcd')
  })

  it('are coloured only where a person looks', () => {
    expect(createPaint({ isTTY: true }, {})('red', 'x')).not.toBe('x')
    expect(createPaint({ isTTY: true }, { NO_COLOR: '1' })('red', 'x')).toBe('x')
    expect(createPaint({ isTTY: false }, {})('red', 'x')).toBe('x')
  })
})
