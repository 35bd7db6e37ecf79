/** A conformance suite for one implementation: each case on something of its own, which is given back however the case ends. */
import { afterEach, describe, expect, it } from 'vitest'

export interface Conformance<Under> {
  readonly name: string
  create(): Promise<Under>
  /** Cases that this one does not meet, each with the reason. */
  readonly except?: readonly { readonly reason: string; readonly cases: readonly string[] }[]
}

/** `as`: what it is tested as, behind its name. Cases by their titles. */
export function declareSuite<Under extends { dispose(): Promise<void> }>(
  as: string,
  cases: Readonly<Record<string, (under: Under) => Promise<void>>>,
  { name, create, except = [] }: Conformance<Under>,
): void {
  describe(`${name} as ${as}`, () => {
    const created: Under[] = []
    afterEach(async () => {
      for (const under of created.splice(0)) await under.dispose()
    })
    for (const [title, run] of Object.entries(cases)) {
      const exception = except.find((it) => it.cases.includes(title))
      it(title, async (context) => {
        if (exception !== undefined) context.skip(exception.reason)
        const under = await create()
        created.push(under)
        await run(under)
      })
    }
    it('names only cases that exist in its exceptions', () => {
      for (const title of except.flatMap((it) => it.cases)) expect(Object.keys(cases)).toContain(title)
    })
  })
}
