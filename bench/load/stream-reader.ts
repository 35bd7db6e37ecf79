/**
 * Reads one streamed answer and takes the time stamps out of it that the mock upstream wrote: `@microseconds@`.
 *
 * The stamps stand in the text of the chunks, where every gateway leaves them alone, whatever else of an
 * event it rewrites. A gateway may cut the stream anywhere, so an unfinished stamp is kept for the next read.
 */
import { statusOf } from './answer-reader.ts'

const longestStamp = 40

export class StreamReader {
  status = 0
  stamps = 0
  isComplete = false
  #head = ''
  #isBody = false
  #sawDone = false
  #carry = ''

  /** `onStamp` is called for each stamp in the bytes, with the upstream's microseconds. */
  push(bytes: Buffer, onStamp: (sentUs: number) => void): void {
    let text = bytes.toString('latin1', 0, bytes.length)
    if (!this.#isBody) {
      this.#head += text
      const end = this.#head.indexOf('\r\n\r\n')
      if (end < 0) return
      this.status = statusOf(this.#head)
      this.#isBody = true
      text = this.#head.slice(end + 4)
    }
    this.#readBody(this.#carry + text, onStamp)
  }

  #readBody(text: string, onStamp: (sentUs: number) => void): void {
    let at = 0
    for (;;) {
      const open = text.indexOf('@', at)
      const close = open < 0 ? -1 : text.indexOf('@', open + 1)
      if (close < 0) break
      this.stamps++
      onStamp(Number(text.slice(open + 1, close)))
      at = close + 1
    }
    this.#sawDone ||= text.includes('[DONE]', at)
    // The last chunk is empty; keep-alive needs its end, or the next answer would begin in the middle.
    this.isComplete = this.#sawDone && text.endsWith('0\r\n\r\n')
    this.#carry = text.slice(Math.max(at, text.length - longestStamp))
  }
}
