import { describe, expect, it } from 'vitest'
import { FORMATS, uncheckedIn } from './schema-formats.ts'

const cases: Readonly<Record<string, { readonly good: readonly string[]; readonly bad: readonly string[] }>> =
  {
    date: {
      good: ['2026-11-21', '2024-02-29', '2000-02-29'],
      bad: [
        '2026-02-29',
        '1900-02-29',
        '2026-13-01',
        '2026-00-10',
        '2026-04-31',
        '26-11-21',
        '2026-11-21T',
        '',
      ],
    },
    time: {
      good: ['12:00:00Z', '23:59:60Z', '00:29:60+00:30', '08:30:06.283185z', '15:59:60-08:00'],
      bad: [
        '24:00:00Z',
        '12:60:00Z',
        '12:00:61Z',
        '22:59:60Z',
        '12:00:00',
        '12:00:00+24:00',
        '12:00:00.Z',
        '12:00Z',
      ],
    },
    'date-time': {
      good: [
        '2026-11-21T12:00:00Z',
        '1985-04-12T23:20:50.52z',
        '2026-11-21t12:00:00+02:00',
        '1998-12-31T23:59:60Z',
      ],
      bad: [
        '2026-11-21 12:00:00Z',
        '2026-11-31T12:00:00Z',
        '2026-11-21T12:00:00',
        '2026-11-21',
        '1998-12-31T22:59:60Z',
      ],
    },
    email: {
      good: [
        'ann@example.com',
        'a.b+c@sub.example.org',
        '"a b"@example.com',
        'ann@[192.0.2.1]',
        'a@[IPv6:2001:db8::1]',
      ],
      bad: [
        'ann',
        '@example.com',
        'ann@',
        'a..b@example.com',
        '.a@example.com',
        'a b@example.com',
        'a@-x.com',
        'a@[1.2.3]',
      ],
    },
    hostname: {
      good: ['localhost', 'a.example.com', 'xn--nxasmq6b.example', '1.2.3.4'],
      bad: ['-a.com', 'a-.com', 'a..com', '', 'a_b.com', 'exa mple.com', 'a.com.', `${'a'.repeat(64)}.com`],
    },
    ipv4: { good: ['192.0.2.1', '0.0.0.0'], bad: ['256.0.0.1', '1.2.3', '01.2.3.4', '1.2.3.4.5', '::1'] },
    ipv6: {
      good: ['::1', '2001:db8::8a2e:370:7334', '::ffff:192.0.2.1'],
      bad: ['1.2.3.4', ':::1', '12345::', '2001:db8::1::2', 'fe80::1%eth0'],
    },
    uri: {
      good: [
        'https://example.com/a?b=c#d',
        'urn:isbn:0451450523',
        'mailto:ann@example.com',
        'http://[2001:db8::1]/%20',
      ],
      bad: [
        '//example.com/a',
        '/a/b',
        'example.com',
        'http://a b',
        'https://exa<mple',
        'http://',
        'http:///%zz',
        ':a',
      ],
    },
    uuid: {
      good: ['2eb8aa08-aa98-11ea-b4aa-73b441d16380', '2EB8AA08-AA98-11EA-B4AA-73B441D16380'],
      bad: ['2eb8aa08-aa98-11ea-73b441d16380', '2eb8aa08aa9811eab4aa73b441d16380', 'g'.repeat(36), ''],
    },
  }

describe('formats', () => {
  it('are all here', () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(FORMATS).sort())
  })

  it.each(Object.entries(cases))('of a %s', (name, { good, bad }) => {
    expect(good.filter((it) => FORMATS[name]?.(it) !== true)).toEqual([])
    expect(bad.filter((it) => FORMATS[name]?.(it) !== false)).toEqual([])
  })

  it.each(Object.keys(FORMATS))('of a %s say no to any length of nonsense, and no code', (name) => {
    const check = FORMATS[name]
    for (const piece of ['a', 'a.', 'a@', '1', ':', '%20', '"\\', '-', 'aA1!', '[', '2026-']) {
      expect(check?.(piece.repeat(200_000))).toBe(false)
    }
  })

  it('that are not checked are found wherever they are used', () => {
    const schema = { format: 'email', anyOf: [{ format: 'duration' }, { items: { format: 'phone' } }] }
    expect([...uncheckedIn(schema)].sort()).toEqual(['duration', 'phone'])
  })
})
