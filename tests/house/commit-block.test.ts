/** The swap cannot fail half way: invariant I14 of the engine. */
import { describe, expect, it } from 'vitest'
import { commitBlocks, commitBreaks, pointerWrites } from './commit-block.ts'
import { filesBelow } from './source-tree.ts'

const engine = filesBelow(['packages/reload/src/engine'], ['.ts'])
const commit = engine.find((it) => it.path.endsWith('/commit.ts'))

describe('the commit blocks', () => {
  it('exist, and hold plain assignments only', () => {
    expect(commitBlocks(commit?.text ?? '').length).toBeGreaterThan(0)
    expect(commit === undefined ? 'engine/commit.ts is missing' : commitBreaks(commit)).toEqual([])
  })

  it('are the only place where a pointer moves', () => {
    const others = engine.filter((it) => it !== commit && !it.path.endsWith('.test.ts'))
    expect(pointerWrites(others)).toEqual([])
  })
})

describe('the commit rule', () => {
  const breaks = (...lines: string[]) =>
    commitBreaks({
      path: 'commit.ts',
      text: ['  // commit block: begin', ...lines.map((it) => `  ${it}`), '  // commit block: end'].join(
        '\n',
      ),
    })

  it.each([
    'const before = cell.current',
    'cell.current = next',
    'if (!keep) cell.baseline = cell.current',
    'if (before !== next) cell.candidate = null',
  ])('lets "%s" be', (line) => {
    expect(breaks(line)).toEqual([])
  })

  it.each([
    'await ready',
    'const before = await cell.current',
    'cell.current = build(next)',
    'notify()',
    'cell.current = new Generation',
    'cell.current = { ...next }',
    'cell.list = [next]',
    'cell.current = cell[name]',
    'cell.name = `${next.name}`',
    'throw error',
    'if (isReady()) cell.current = next',
    'cell.current ??= next',
    'for (const it of list) cell.current = it',
    'yield next',
  ])('catches "%s"', (line) => {
    expect(breaks('cell.candidate = next', line)).toEqual([
      `commit.ts:3: "${line}" is more than an assignment`,
    ])
  })

  it('catches marks that do not pair, and a pointer that moves elsewhere', () => {
    expect(commitBreaks({ path: 'commit.ts', text: '// commit block: begin\na = b\n' })).toHaveLength(1)
    expect(commitBlocks('// commit block: begin\na = b\n// commit block: end')).toEqual([
      { line: 2, text: 'a = b\n' },
    ])
    const moved = { path: 'drain.ts', text: 'x\ncell.current = null\nif (cell.current === null) y' }
    expect(pointerWrites([moved])).toEqual(['drain.ts:2: moves a pointer; only commit.ts does'])
  })
})
