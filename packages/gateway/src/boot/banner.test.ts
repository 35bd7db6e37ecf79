import { describe, expect, it } from 'vitest'
import { sayStatusCommand } from './banner.ts'
import type { SettingsPlace } from './settings-place.ts'

const place = { nameOf: (path: string) => path.replace('/srv/gateway/', '') } as unknown as SettingsPlace
const tokenAt = (path: string | null) => ({ token: 'co_0123456789abcdef', path })

describe('the command that the banner names', () => {
  it('is short where the gateway is where the command looks by itself', () => {
    const adminToken = tokenAt('/srv/gateway/.changeover/admin-token')
    expect(sayStatusCommand({ adminUrl: 'http://127.0.0.1:8701', adminToken, place })).toBe(
      'npx changeover status',
    )
  })

  it('finds a gateway on another port and with another state directory', () => {
    const adminToken = tokenAt('/var/lib/changeover/admin-token')
    expect(sayStatusCommand({ adminUrl: 'http://127.0.0.1:9000', adminToken, place })).toBe(
      'npx changeover status --url http://127.0.0.1:9000 --state /var/lib/changeover',
    )
    const spaced = tokenAt("/var/lib/ann's gateway/admin-token")
    expect(sayStatusCommand({ adminUrl: 'http://127.0.0.1:8701', adminToken: spaced, place })).toBe(
      String.raw`npx changeover status --state '/var/lib/ann'\''s gateway'`,
    )
    expect(
      sayStatusCommand({ adminUrl: 'http://127.0.0.1:9000', adminToken: tokenAt(null), place }),
    ).not.toContain('--state')
  })
})
