/** How settings of providers that sign, and of raw requests, are seen to change under load. One entry a setting. */
import { createHash, createHmac } from 'node:crypto'
import type { Told } from './told-provider.ts'
import type { Seen, SettingChange } from './world.ts'

const AWS = { accessKeyId: '${env:KEY_ONE}', secretAccessKey: '${env:KEY_TWO}' }
const BEDROCK = { kind: 'bedrock', region: 'eu-one-1', aws: AWS, passThrough: true }

/** A raw request to the change's own provider: what it answers with, and what reached it. */
async function raw(seen: Seen): Promise<{ readonly status: number; readonly told: Told | null }> {
  const response = await fetch(`${seen.world.gateway.dataUrl}/providers/p${seen.index}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'hello' }] }),
  })
  const body = (await response.json()) as { choices?: { message: { content: string } }[] }
  const content = body.choices?.[0]?.message.content
  return { status: response.status, told: content === undefined ? null : (JSON.parse(content) as Told) }
}

/** Of the key, the day, the region and the service that a request was signed for: one of them. */
const signedFor = async (seen: Seen, part: number) =>
  /Credential=([^,]+)/.exec((await raw(seen)).told?.key ?? '')?.[1]?.split('/')[part] ?? null

/** Which of these secrets a request was signed with, reckoned as Signature Version 4 says. */
async function secretOf(seen: Seen, secrets: readonly string[]): Promise<string | null> {
  const { told } = await raw(seen)
  const parts = /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)/.exec(told?.key ?? '')
  if (told === null || parts === null) return null
  const [, place = '', names = '', signature] = parts
  const header = (name: string) => {
    const value = told.headers[name]
    return typeof value === 'string' ? value : ''
  }
  const lines = names.split(';').map((it) => `${it}:${header(it)}\n`)
  const canonical = ['POST', told.path, '', lines.join(''), names, sha256(JSON.stringify(told.body))]
  const toSign = ['AWS4-HMAC-SHA256', header('x-amz-date'), place, sha256(canonical.join('\n'))].join('\n')
  const sign = (secret: string) =>
    hmac(
      place.split('/').reduce<Buffer | string>((key, part) => hmac(key, part), `AWS4${secret}`),
      toSign,
    )
  return secrets.find((it) => sign(it).toString('hex') === signature) ?? null
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest()

export const cloudChanges: readonly SettingChange[] = [
  {
    setting: '/providers/*/passThrough',
    effect: 'the next raw request is passed on, where it was not before',
    from: { provider: {} },
    to: { provider: { passThrough: true } },
    see: async (seen) => (await raw(seen)).status,
    was: 404,
    becomes: 200,
  },
  {
    setting: '/providers/*/region',
    effect: 'the next request is signed for the new region',
    from: { provider: BEDROCK },
    to: { provider: { region: 'eu-two-1' } },
    see: (seen) => signedFor(seen, 2),
    was: 'eu-one-1',
    becomes: 'eu-two-1',
    streams: false,
  },
  {
    setting: '/providers/*/aws/accessKeyId',
    effect: 'the next request is signed with the new key',
    from: { provider: BEDROCK },
    to: { provider: { aws: { accessKeyId: '${env:KEY_THREE}' } } },
    see: (seen) => signedFor(seen, 0),
    was: 'first',
    becomes: 'third',
    streams: false,
  },
  {
    setting: '/providers/*/aws/sessionToken',
    effect: 'the next request carries the token of the session',
    from: { provider: BEDROCK },
    to: { provider: { aws: { sessionToken: '${env:KEY_THREE}' } } },
    see: async (seen) => (await raw(seen)).told?.headers['x-amz-security-token'] ?? null,
    was: null,
    becomes: 'third',
    streams: false,
  },
  {
    setting: '/providers/*/aws/secretAccessKey',
    effect: 'the next request is signed with the new secret',
    from: { provider: BEDROCK },
    to: { provider: { aws: { secretAccessKey: '${env:KEY_THREE}' } } },
    see: (seen) => secretOf(seen, ['second', 'third']),
    was: 'second',
    becomes: 'third',
    streams: false,
  },
  {
    setting: '/providers/*/project',
    effect:
      'the address of the next request names the new project; seen in GET /v1/settings, for that address is far away',
    from: { provider: { kind: 'vertex', region: 'europe-west4', project: 'film-one' } },
    to: { provider: { project: 'film-two' } },
    see: async (seen) => (await seen.settings())['providers']?.[`p${seen.index}`]?.['project'],
    was: 'film-one',
    becomes: 'film-two',
    streams: false,
  },
]
