/** `examples/embed`: a plain service swaps its scoring model while it answers, and comes back after a restart. */
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { NodeScript } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const example = resolve(import.meta.dirname, '../../examples/embed')

describe('the embedded scoring service', () => {
  let folder: string
  const running: NodeScript[] = []

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'embed-'))
    cpSync(join(example, 'model.json'), join(folder, 'model.json'))
  })

  afterEach(async () => {
    for (const script of running.splice(0)) await script.kill('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  })

  async function serve(): Promise<{ script: NodeScript; ask(): Promise<unknown> }> {
    const script = new NodeScript(join(example, 'scoring-service.ts'), {
      args: [join(folder, 'model.json'), '0'],
    })
    running.push(script)
    const port = /port: (\d+)/.exec(await script.line('listening on'))?.[1]
    const ask = async (): Promise<unknown> => {
      const response = await fetch(`http://127.0.0.1:${port}/?clicks=4&age=10`)
      return response.ok ? await response.json() : response.status
    }
    return { script, ask }
  }

  function edit(from: string, to: string): void {
    const path = join(folder, 'model.json')
    writeFileSync(`${path}.new`, readFileSync(path, 'utf8').replace(from, to))
    renameSync(`${path}.new`, path)
  }

  it('scores by the new weights after an edit, refuses a broken one, and comes back on what was confirmed', async () => {
    const { script, ask } = await serve()
    await expect.poll(ask).toEqual({ version: '1.1', score: 2 })
    edit('0.5', '0.75')
    await expect.poll(ask, { timeout: 10_000 }).toEqual({ version: '1.2', score: 3 })
    await script.line('1.2: success')
    edit('0.75', '"much"')
    await script.line('1.3: rejected, the weight of "clicks" is "much", expected a number')
    expect(await ask()).toEqual({ version: '1.2', score: 3 })
    await script.kill('SIGTERM')
    expect(await (await serve()).ask()).toEqual({ version: '1.2', score: 3 })
  })
})
