/** Changes that fewer people have to agree to than now. */
import { approvalsOf } from '../words/access.ts'
import { fieldsOf } from '../words/entry.ts'
import { type Check, type Look, pointerOf, warn } from './check.ts'

export const approvalsFewer: Check = ({ before, after }) => {
  const [was, now] = [policyOf(before), policyOf(after)]
  return Object.keys(was).flatMap((name) => {
    const [old, next] = [approvalsOf(was[name]), Object.hasOwn(now, name) ? approvalsOf(now[name]) : 0]
    if (next >= old) return []
    const what = name === '*' ? 'any change' : `changes of ${name}`
    const text = `${what} will need the word of ${next === 0 ? 'nobody' : next} instead of ${old}`
    const numbers = { before: old, after: next }
    return [warn('plan.approvals_fewer', pointerOf('access', 'approvals', name), { text, numbers })]
  })
}

function policyOf({ tree }: Look['after']) {
  return fieldsOf(tree['access']?.['approvals'])
}
