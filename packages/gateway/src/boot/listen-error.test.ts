import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { listening } from './listen-error.ts'

const failing = (code: string) => Promise.reject(Object.assign(new Error(code), { code }))
const wanted = { what: 'the data plane', host: '127.0.0.1', port: 80, flag: 'port' }

describe('a port that cannot be had', () => {
  it('is named, with what to do', async () => {
    await expect(listening(wanted, failing('EADDRINUSE'))).rejects.toThrow(
      'the data plane cannot use 127.0.0.1:80: something listens there already (another gateway?). End it, or say --port N with another port.',
    )
    await expect(listening(wanted, failing('EACCES'))).rejects.toThrow('ports below 1024 need a right')
    await expect(listening(wanted, failing('EADDRNOTAVAIL'))).rejects.toThrow('no address "127.0.0.1"')
    await expect(listening(wanted, failing('EMFILE'))).rejects.toThrow('(EMFILE)')
    expect(await listening(wanted, Promise.resolve(createServer))).toBe(createServer)
  })
})
