/** JSON pointers (RFC 6901): where something stands in a document. `~` is written `~0`, `/` is `~1`. */

const WHOLE = /^(?:\/(?:[^~/]|~[01])*)*$/

export function isPointer(text: string): boolean {
  return WHOLE.test(text)
}

/** `at` extended by one step: a field's name or an index. */
export function pointTo(at: string, step: string | number): string {
  return `${at}/${typeof step === 'number' ? step : escapeStep(step)}`
}

/** The steps of a pointer, unescaped; none for the whole document. */
export function stepsOf(pointer: string): string[] {
  return pointer === '' ? [] : pointer.slice(1).split('/').map(unescapeStep)
}

function escapeStep(step: string): string {
  if (!step.includes('~') && !step.includes('/')) return step
  return step.replaceAll('~', '~0').replaceAll('/', '~1')
}

function unescapeStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}
