/**
 * What a command is: a name, what it takes, and what it does with that and the outside world, which is handed
 * in so that a test can be it.
 */
import type { Client } from '@changeover/sdk'
import type { Paint } from './render/paint.ts'

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  readonly about: string
  /** What stands for the value in the help: `PATH`. */
  readonly value?: string
  readonly short?: string
  readonly multiple?: boolean
}

export interface Command {
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** What comes after the name: `FILE | -`. */
  readonly usage: string
  readonly about?: string
  readonly options: Readonly<Record<string, OptionSpec>>
  readonly examples: readonly (readonly [command: string, meaning: string])[]
  /** How many words it takes beside its options. */
  readonly words: readonly [least: number, most: number]
  /** Takes its arguments as they are: for `serve`, which has flags of its own. */
  readonly raw?: boolean
  run(context: CommandContext): Promise<number>
}

/** Where output goes. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** The process around the command. */
export interface Outside {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdout: Output
  readonly stderr: Output
  readStdin(): Promise<Uint8Array>
  /** Who runs the command. */
  readonly user: string
  /** Wall milliseconds. */
  now(): number
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal
}

export interface CommandContext extends Outside {
  readonly words: readonly string[]
  readonly raw: readonly string[]
  readonly json: boolean
  readonly paint: Paint
  /** Of the terminal; infinitely many where output is piped. */
  readonly columns: number
  text(option: string): string | undefined
  texts(option: string): readonly string[]
  flag(option: string): boolean
  /** A line on standard output. */
  say(line?: string): void
  /** The client of the admin API; made on first use, since it needs the token. */
  client(more?: { traceparent?: string }): Promise<Client>
}

/** The command line does not make sense: printed with the command's usage, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command line makes sense, and there is nothing that it could be about: said as it is, exit code 1. */
export class NothingToDo extends Error {
  override readonly name = 'NothingToDo'
}
