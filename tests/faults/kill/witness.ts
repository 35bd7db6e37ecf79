/**
 * What was found wrong with a process, as far as it lived to be asked.
 *
 * A process that is killed while it is looked at leaves things half done: an attempt whose end was to be written next, a
 * file aside. That is no broken promise. The next process has to bring it to an end, and is asked the same then.
 */
export class Witness {
  readonly broken: string[] = []
  private readonly hasDied: () => Promise<boolean>

  /** `hasDied` waits a moment for a last word that is on its way. */
  constructor(hasDied: () => Promise<boolean>) {
    this.hasDied = hasDied
  }

  say(what: string): void {
    this.broken.push(what)
  }

  /** What fails, or is said, while the process goes away has not failed. */
  async look(act: () => Promise<void>): Promise<void> {
    const before = this.broken.length
    try {
      await act()
    } catch (error) {
      if (!(await this.hasDied())) throw error
    }
    if (this.broken.length > before && (await this.hasDied())) this.broken.length = before
  }
}
