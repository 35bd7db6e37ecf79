/** Work that is done one piece after the other, in the order in which it was asked for, whatever becomes of each. */
export type InTurn = <T>(run: () => Promise<T>) => Promise<T>

/** One change at a time: the second reads the file that the first has written. */
export function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (run) => {
    const turn = last.then(run, run)
    last = turn.catch(() => undefined)
    return turn
  }
}
