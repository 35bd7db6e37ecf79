import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditLine } from '../contract/store.ts'
import { checkAudit } from './audit-chain.ts'

function chain(length: number): AuditLine[] {
  let previous = '0'.repeat(64)
  return Array.from({ length }, (_, i) => {
    const line = { attempt: `rl_${i}`, who: 'user:bo', previous } as unknown as Omit<AuditLine, 'hash'>
    const hash = createHash('sha256').update(JSON.stringify(line)).digest('hex')
    previous = hash
    return { ...line, hash }
  })
}

const faults = (lines: readonly AuditLine[]) =>
  checkAudit(lines).problems.map((it) => `${it.line} ${it.fault}`)

describe('the chain of the audit log', () => {
  it('is whole as it was written, from wherever one looks', () => {
    const lines = chain(6)
    expect(checkAudit(lines)).toEqual({
      checked: 6,
      problems: [],
      isFromTheBeginning: true,
      last: lines.at(-1)?.hash,
    })
    expect(checkAudit(lines.slice(2))).toMatchObject({ problems: [], isFromTheBeginning: false })
    expect(checkAudit([])).toMatchObject({ checked: 0, problems: [], last: null })
  })

  it('names the line that was changed', () => {
    const lines = chain(5).map((it, i) => (i === 2 ? { ...it, who: 'user:eve' } : it))
    expect(faults(lines)).toEqual(['3 changed'])
  })

  it('shows a line that was changed and given a right hash of its own, at the next one', () => {
    const lines = chain(5)
    const { hash: _, ...rest } = lines[2] as AuditLine
    const forged = { ...rest, who: 'user:eve' }
    const hash = createHash('sha256').update(JSON.stringify(forged)).digest('hex')
    expect(faults(lines.with(2, { ...forged, hash }))).toEqual(['4 missing_before'])
  })

  it('names the line before which one was cut out, was put, or was put twice', () => {
    const lines = chain(5)
    expect(faults(lines.toSpliced(2, 1))).toEqual(['3 missing_before'])
    const [first, second, third, fourth, fifth] = lines as [
      AuditLine,
      AuditLine,
      AuditLine,
      AuditLine,
      AuditLine,
    ]
    expect(faults([first, third, second, fourth, fifth])).toEqual(['2 moved', '3 moved', '4 moved'])
    expect(faults([first, second, second, third, fourth, fifth])).toEqual(['3 repeated'])
  })

  it('shows that the newest were cut off to whoever has kept a hash', () => {
    const lines = chain(5)
    const kept = [lines[4]?.hash ?? '']
    expect(checkAudit(lines, kept).problems).toEqual([])
    expect(checkAudit(lines.slice(0, 4), kept).problems).toMatchObject([{ line: null, fault: 'not_there' }])
    expect(faults(lines.slice(0, 4))).toEqual([])
  })

  it('shows any one line that is taken out of the middle, changed, or exchanged with another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 12 }), fc.nat(), fc.nat(), (length, a, b) => {
        const lines = chain(length)
        const middle = 1 + (a % (length - 2))
        expect(faults(lines.toSpliced(middle, 1))).toEqual([`${middle + 1} missing_before`])
        expect(faults(lines.map((it, i) => (i === middle ? { ...it, at: 'never' } : it)))).toEqual([
          `${middle + 1} changed`,
        ])
        const other = b % length
        const [here, there] = [lines[middle], lines[other]]
        if (here === undefined || there === undefined || middle === other) return
        expect(faults(lines.with(middle, there).with(other, here)).length).toBeGreaterThan(0)
      }),
    )
  })
})
