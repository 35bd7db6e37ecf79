/**
 * What the demonstration shows: lines that stay, and below them one part that is drawn again and again.
 *
 * Where the output is no terminal, nothing is drawn again: the part is written whenever it has something new to say.
 */
import type { WriteStream } from 'node:tty'

const STYLES = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' } as const
export type Style = keyof typeof STYLES

export class Screen {
  private readonly out: WriteStream
  private readonly isLive: boolean
  private drawn = 0
  private last = ''

  constructor(out: WriteStream) {
    this.out = out
    this.isLive = out.isTTY
  }

  /** Lines that are drawn again must not be broken by the terminal. */
  get columns(): number {
    return this.isLive ? this.out.columns : Number.POSITIVE_INFINITY
  }

  paint(style: Style, text: string): string {
    return this.isLive && process.env['NO_COLOR'] === undefined
      ? `\u001b[${STYLES[style]}m${text}\u001b[0m`
      : text
  }

  say(...lines: readonly string[]): void {
    this.wipe()
    for (const it of lines) this.out.write(`${it}\n`)
  }

  /** Takes the place of what was drawn last. */
  draw(lines: readonly string[]): void {
    const text = lines.join('\n')
    if (!this.isLive && text === this.last) return
    this.last = text
    this.wipe()
    this.out.write(`${text}\n`)
    this.drawn = this.isLive ? lines.length : 0
  }

  /** What is drawn now stays. */
  stop(): void {
    this.drawn = 0
  }

  private wipe(): void {
    if (this.drawn > 0) this.out.write(`\u001b[${this.drawn}A\u001b[0J`)
    this.drawn = 0
  }
}
