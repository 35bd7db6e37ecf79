import type { Client } from '@changeover/sdk'
import { describe, expect, it } from 'vitest'
import { readBody } from './change-options.ts'
import { type CommandContext, NothingToDo } from './command.ts'

const settings = {
  models: { small: { provider: 'sim' } },
  routes: { chat: { targets: [{ model: 'small', weight: 90 }] } },
}

async function patchOf(sets: readonly string[], unsets: readonly string[] = []): Promise<unknown> {
  const context = {
    words: [],
    texts: (option: string) => ({ set: sets, unset: unsets })[option] ?? [],
  } as unknown as CommandContext
  const client = { ask: () => Promise.resolve({ settings, version: '1.1' }) } as unknown as Client
  const { bytes } = await readBody(context, client)
  return JSON.parse(new TextDecoder().decode(bytes))
}

describe('values on the command line, as a patch', () => {
  it('are replaced where they stand, and added where they do not', async () => {
    expect(await patchOf(['routes/chat/targets/0/weight=50', '/models/small/model=s'])).toEqual([
      { op: 'replace', path: '/routes/chat/targets/0/weight', value: 50 },
      { op: 'add', path: '/models/small/model', value: 's' },
    ])
  })

  it('bring the maps on their way, each once', async () => {
    expect(await patchOf(['limits/slow/requests=60', 'limits/slow/perMs=1000', 'limits/a~1b={}'])).toEqual([
      { op: 'add', path: '/limits', value: { slow: { requests: 60 } } },
      { op: 'add', path: '/limits/slow/perMs', value: 1000 },
      { op: 'add', path: '/limits/a~1b', value: {} },
    ])
  })

  it('stand upon what one before has added to a list', async () => {
    const added = 'routes/chat/targets/-={"model":"large","weight":1}'
    expect(await patchOf([added, 'routes/chat/targets/1/weight=7'])).toEqual([
      { op: 'add', path: '/routes/chat/targets/-', value: { model: 'large', weight: 1 } },
      { op: 'replace', path: '/routes/chat/targets/1/weight', value: 7 },
    ])
  })

  it('are left to the gateway where nothing can stand', async () => {
    expect(await patchOf(['models/small/provider/x=1', 'routes/chat/targets/length=-1'])).toEqual([
      { op: 'add', path: '/models/small/provider/x', value: 1 },
      { op: 'add', path: '/routes/chat/targets/length', value: -1 },
    ])
  })

  it('are removed where they stand, or were set a moment ago, and nowhere else', async () => {
    expect(await patchOf(['models/tiny={}'], ['models/tiny', 'models/small'])).toEqual([
      { op: 'add', path: '/models/tiny', value: {} },
      { op: 'remove', path: '/models/tiny' },
      { op: 'remove', path: '/models/small' },
    ])
    await expect(patchOf([], ['models/none'])).rejects.toThrow(NothingToDo)
  })
})
