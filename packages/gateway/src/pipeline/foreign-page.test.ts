import { describe, expect, it } from 'vitest'
import { isOfForeignPage } from './foreign-page.ts'

const isForeign = (origin: string | undefined, host: string | undefined, onlyHere = true) =>
  isOfForeignPage({ origin, host }, onlyHere)

describe('a request without a key', () => {
  it('is nobody else’s when no page made it', () => {
    expect(isForeign(undefined, 'localhost:8080')).toBe(false)
    expect(isForeign(undefined, 'host.docker.internal:8080')).toBe(false)
  })

  it.each([
    ['http://localhost:8080', 'localhost:8080'],
    ['http://127.0.0.1:8080', '127.0.0.1:8080'],
    ['http://[::1]:8080', '[::1]:8080'],
    ['http://localhost:3000', 'localhost:8080'],
    ['file://', 'localhost:8080'],
    ['app://obsidian.md', 'localhost:8080'],
    ['vscode-webview://1a2b', 'localhost:8080'],
  ])('may come from a page of this machine, or of a program: %s', (origin, host) => {
    expect(isForeign(origin, host)).toBe(false)
  })

  it.each([
    ['another site', 'https://pages.example', 'localhost:8080'],
    ['a page that hides where it is from', 'null', 'localhost:8080'],
    ['something unreadable', 'http://', 'localhost:8080'],
    ['a name that was turned to this machine', 'http://pages.example:8080', 'pages.example:8080'],
    ['a name that begins as this machine', 'http://localhost.pages.example', 'localhost:8080'],
    ['nothing that is an origin', '', 'localhost:8080'],
  ])('is refused from %s', (_, origin, host) => {
    expect(isForeign(origin, host)).toBe(true)
  })

  it.each([
    ['GET', 'pages.example:8080', {}, true],
    ['GET', 'pages.example', {}, true],
    ['GET', 'pages.example.', {}, true],
    ['GET', 'local.pages.example', {}, true],
    ['POST', 'gateway.example:8080', { 'content-length': '2' }, false],
    ['POST', 'gateway.example:8080', { 'transfer-encoding': 'chunked' }, false],
    ['GET', 'localhost:8080', {}, false],
    ['GET', '127.0.0.1:8080', {}, false],
    ['GET', '[::1]:8080', {}, false],
    ['GET', 'gateway:8080', {}, false],
    ['GET', 'host.docker.internal:8080', {}, false],
    ['GET', 'my-machine.local', {}, false],
    ['GET', undefined, {}, false],
  ])('that only reads is looked at by the host that it asks: %s of %s', (_, host, more, isForeign) => {
    expect(isOfForeignPage({ host, ...more }, true)).toBe(isForeign)
    expect(isOfForeignPage({ host, ...more }, false)).toBe(false)
  })

  it('is refused where a page of another site asks for it as for a picture, which says no origin', () => {
    const asked = (site: string, onlyHere: boolean) =>
      isOfForeignPage({ host: 'localhost:8080', 'sec-fetch-site': site }, onlyHere)
    expect([asked('cross-site', true), asked('cross-site', false)]).toEqual([true, true])
    expect(['same-origin', 'same-site', 'none'].map((site) => asked(site, true))).toEqual([
      false,
      false,
      false,
    ])
  })

  it('may come from a page of its own name where settings let in anyone', () => {
    expect(isForeign('https://ai.example', 'ai.example', false)).toBe(false)
    expect(isForeign('https://pages.example', 'ai.example', false)).toBe(true)
    expect(isForeign('https://pages.example', undefined, false)).toBe(true)
  })
})
