/** `npm run demo`, as a newcomer sees it where the output is no terminal. */
import { resolve } from 'node:path'
import { NodeScript } from '@changeover/testkit'
import { expect, it } from 'vitest'

const demo = resolve(import.meta.dirname, '../../examples/first-canary/first-canary.ts')

it('shows a canary that is taken back by itself, and why one of its calls suffered', {
  timeout: 150_000,
}, async () => {
  await using script = new NodeScript(demo, { args: ['--calm', '2'] })
  const { code } = await script.ended
  const said = script.lines.join('\n')
  expect(said).toMatch(/Rolled back after \d+\.\d s: .*refusal_rate/)
  expect(said).toMatch(/\d+ calls ran under 1\.2, \d+ of them were refused an answer/)
  expect(said).toContain('version   1.2 was on trial with 5 % of the traffic, by tenant')
  expect(said).toContain('You help visitors of a cinema')
  expect(code).toBe(0)
})
