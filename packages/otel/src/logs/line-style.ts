/** What shapes a line besides the record: its form, whether it may be coloured, and what must not be in it. */
import type { Redactor } from '../redact.ts'
import type { LogFormat } from '../settings.ts'

export interface LineStyle {
  readonly format: LogFormat
  readonly colours: boolean
  readonly redactor: Redactor
}
