/** How every command ends. Stable: scripts decide by these. Listed in `docs/reference/cli.md`. */
export const exitCodes = {
  ok: 0,
  /** The gateway said no, or a check found something wrong. */
  refused: 1,
  /** The command line was not understood. */
  usage: 2,
  /** The gateway could not be reached. */
  unreachable: 3,
  /** `plan --strict`: it would be taken, and there are warnings. */
  warned: 4,
  /** It is not in force yet: people have to agree, or its time has not come. */
  waiting: 5,
  /** A bug in the command. */
  bug: 70,
} as const

export const exitMeanings: readonly (readonly [code: number, meaning: string])[] = [
  [exitCodes.ok, 'done; for `plan`: it would be taken; for `doctor`: nothing is wrong'],
  [exitCodes.refused, 'refused by the gateway, or a check found something wrong; nothing was changed'],
  [exitCodes.usage, 'the command line was not understood'],
  [exitCodes.unreachable, 'the gateway could not be reached'],
  [exitCodes.warned, 'for `plan --strict`: it would be taken, but there are warnings'],
  [
    exitCodes.waiting,
    'the change waits: for the word of others (`changeover approve --show` says whose), for its time, or for the rollout before it',
  ],
  [exitCodes.bug, 'a bug in the command'],
]
