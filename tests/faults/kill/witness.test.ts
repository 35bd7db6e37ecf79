import { describe, expect, it } from 'vitest'
import { Witness } from './witness.ts'

const witnessOf = (hasDied: boolean): Witness => new Witness(() => Promise.resolve(hasDied))

describe('a witness of a process that may be killed', () => {
  it('keeps what it saw of one that lives on', async () => {
    const witness = witnessOf(false)
    await witness.look(async () => witness.say('an attempt without an end'))
    expect(witness.broken).toEqual(['an attempt without an end'])
  })

  it('does not hold against one that died meanwhile what it left half done, and keeps what was seen before', async () => {
    let hasDied = false
    const witness = new Witness(() => Promise.resolve(hasDied))
    witness.say('the floor fell')
    await witness.look(async () => {
      hasDied = true
      witness.say('an attempt without an end')
    })
    expect(witness.broken).toEqual(['the floor fell'])
  })

  it('passes on what fails while the process lives', async () => {
    const failing = (): Promise<void> => Promise.reject(new Error('refused'))
    await expect(witnessOf(false).look(failing)).rejects.toThrow('refused')
    await expect(witnessOf(true).look(failing)).resolves.toBeUndefined()
  })
})
