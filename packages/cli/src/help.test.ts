import { describe, expect, it } from 'vitest'
import { commands } from './commands/list.ts'
import { writeCommandHelp, writeHelp } from './help.ts'
import { plain } from './render/paint.ts'
import { wrap, wrapParagraphs } from './render/wrap.ts'

const columns = 80
/** Examples are copied as they are, and a word has no place to be cut at. */
const tooWide = (text: string): string[] =>
  text
    .split('\n')
    .filter((it) => it.length > columns && !it.startsWith('  changeover ') && it.trim().includes(' '))

describe('the help', () => {
  it('keeps within a narrow terminal', () => {
    expect(tooWide(writeHelp(plain, columns))).toEqual([])
    for (const it of commands.filter(({ raw }) => raw !== true))
      expect(tooWide(writeCommandHelp(it, plain, columns))).toEqual([])
  })

  it('has what continues a line below its beginning, and a form of the command to a line', () => {
    const [command] = commands.filter(({ name }) => name === 'keys')
    if (command === undefined) throw new Error('there is no command "keys"')
    const help = writeCommandHelp(command, plain, columns)
    expect(help).toContain(`usage  changeover keys create TENANT NAME [OPTIONS]
       changeover keys rotate TENANT NAME [OPTIONS]`)
    expect(help).toContain(`  --token TOKEN      admin token; or CHANGEOVER_ADMIN_TOKEN; default: read from
                     the state directory`)
    expect(writeHelp(plain, columns)).not.toContain('`')
  })

  it('of a command with flags of its own names no options of others', () => {
    const [serve] = commands.filter(({ raw }) => raw === true)
    if (serve === undefined) throw new Error('there is no such command')
    const help = writeCommandHelp(serve, plain, columns)
    expect(help).toContain('usage  changeover serve [FLAGS]\n')
    expect(help).not.toMatch(/options/i)
  })
})

describe('a wrapped text', () => {
  it('keeps words whole, and ends a line where a sentence of the source ends one', () => {
    expect(wrap('a bb ccc averyveryverylongwordthatdoesnotfit d', 22)).toEqual([
      'a bb ccc',
      'averyveryverylongwordthatdoesnotfit',
      'd',
    ])
    expect(wrapParagraphs('one\ntwo.\nthree', 80)).toEqual(['one two.', 'three'])
  })
})
