/** `changeover`: the command as a function, for tests and for those who embed it. */
export type { Output, Outside } from './command.ts'
export { exitCodes } from './exit-codes.ts'
export { runCli } from './run-cli.ts'
