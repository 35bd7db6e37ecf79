/** Whose word is missing, in a line: `credentials: 1 more of 2, by approver or owner`. */
import type { WaitingChange } from '@changeover/sdk'

export function sayMissing({
  changeClass,
  found,
  expected,
  roles,
}: WaitingChange['missing'][number]): string {
  const what = changeClass === '*' ? 'any change' : changeClass
  return `${what}: ${expected - found} more of ${expected}, by ${roles.join(' or ')}`
}
