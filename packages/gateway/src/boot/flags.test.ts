import { describe, expect, it } from 'vitest'
import { flagsHelp, readFlags } from './flags.ts'

describe('flags', () => {
  it('have the defaults that the help names', () => {
    expect(readFlags([])).toEqual({
      kind: 'run',
      flags: {
        settings: 'changeover.yaml',
        poll: null,
        host: '127.0.0.1',
        port: 8700,
        adminHost: '127.0.0.1',
        adminPort: 8701,
        state: '.changeover',
        scope: 'default',
        instance: null,
        trust: null,
        signingKey: null,
        staleMs: 0,
        failClosed: false,
        drainMs: 30_000,
        driftMs: 60_000,
        logLevel: 'info',
        logFormat: null,
      },
    })
  })

  it('are taken over', () => {
    const argv = ['--settings', 'conf', '--port', '0', '--poll', 'https://a.example/s', '--log-format=json']
    expect(readFlags(argv)).toMatchObject({
      flags: { settings: 'conf', port: 0, poll: 'https://a.example/s', logFormat: 'json' },
    })
    const trust = [
      '--trust',
      'root.json',
      '--signing-key',
      '${file:own.key}',
      '--stale-ms',
      '60000',
      '--fail-closed',
    ]
    expect(readFlags(trust)).toMatchObject({
      flags: { trust: 'root.json', signingKey: '${file:own.key}', staleMs: 60_000, failClosed: true },
    })
    expect(readFlags(['-h'])).toEqual({ kind: 'help' })
    expect(readFlags(['--version', '--port', 'x'])).toEqual({ kind: 'version' })
  })

  it('are refused with what was found and what was expected', () => {
    const answer = (...argv: string[]) => {
      const it = readFlags(argv)
      return it.kind === 'wrong' ? it.message : it.kind
    }
    expect(answer('--port', '70000')).toBe('--port is "70000", expected a number from 0 to 65535')
    expect(answer('--port', '-1')).toContain('--port')
    expect(answer('--log-level', 'loud')).toContain('expected one of trace, debug')
    expect(answer('--poll', 'ftp://x')).toContain('expected an http: or https: URL')
    expect(answer('--prot', '1')).toContain('--prot')
    expect(answer('word')).toContain('word')
  })

  it('stand in the help, each of them', () => {
    const help = flagsHelp()
    for (const name of ['settings', 'poll', 'port', 'admin-host', 'state', 'drain-ms', 'log-level'])
      expect(help).toContain(`--${name} `)
  })
})
