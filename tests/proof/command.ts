/** What every command is made of: it leaves the world settled, and every promise is looked at after it. */
import fc from 'fast-check'
import { assertHolds } from './oracles.ts'
import { type Behaviour, KINDS, type Spec, type World } from './world.ts'

export type Model = object
export type Command = fc.AsyncCommand<Model, World>
export type Wish = Omit<Spec, 'mark'>

const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Behaviour>('fine') },
  { weight: 2, arbitrary: fc.constantFrom<Behaviour>('slow', 'check-hangs') },
  { weight: 3, arbitrary: fc.constantFrom<Behaviour>('invalid', 'prepare-throws', 'check-throws') },
)
export const spec: fc.Arbitrary<Wish> = fc.record({
  behaviour,
  where: fc.constantFrom(...KINDS),
  connection: fc.constantFrom('x', 'y'),
})

const always = (): boolean => true

export function command(name: string, run: (world: World) => Promise<void> | void, check = always): Command {
  return {
    check,
    toString: () => name,
    run: async (_model, world) => {
      if (!world.powerless) await run(world)
      await world.settle()
      if (world.powerless) await world.crash()
      assertHolds(world)
    },
  }
}

export const spell = (it: Wish): string => `${it.behaviour}@${it.where},${it.connection}`
export const marked = (world: World, it: Wish): Spec => ({ ...it, mark: ++world.mark })
