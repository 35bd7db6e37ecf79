import { describe, expect, it, vi } from 'vitest'
import { checkAhead, checkSettings } from './check.ts'
import { readSettingsText } from './reader.ts'
import { entrySchema } from './schema.ts'

const textOf = (count: number) =>
  `models:\n${Array.from({ length: count }, (_, i) => `  m${i}: { provider: sim }\n`).join('')}`
const KINDS = ['models']

describe('settings that are checked ahead', () => {
  it('let the event loop turn, and are known when all of them are checked', async () => {
    const { tree } = readSettingsText(textOf(1_000), 'c.yaml')
    let [turns, isOver] = [0, false]
    const count = () => {
      turns += 1
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    await checkAhead(tree, KINDS)
    isOver = true
    expect(turns).toBeGreaterThan(10)
    const parse = vi.spyOn(
      entrySchema('models', 'm1') as NonNullable<ReturnType<typeof entrySchema>>,
      'safeParse',
    )
    expect(checkSettings(tree, KINDS)).toEqual([])
    expect(parse).not.toHaveBeenCalled()
    parse.mockRestore()
  })

  it('are found to be wrong afterwards as before', async () => {
    const { tree } = readSettingsText('models:\n  a: { provider: sim, wieght: 1 }\n', 'c.yaml')
    await checkAhead(tree, KINDS)
    expect(checkSettings(tree, KINDS)).toHaveLength(1)
  })
})
