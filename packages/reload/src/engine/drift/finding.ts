/** One thing that is not as the version in force has it. */
import type { Issue } from '../../contract/receipt.ts'

export interface Finding {
  /** What is wrong, and where; never a value. */
  readonly issue: Issue
  /** Where it was found, for the audit log and the spans: `store` or the name of a participant. */
  readonly source: string
  /** Asks for it to be put right, as the memory of this instance has it. Absent: the part has to be built again. */
  mend?(): Promise<void> | void
}
