/**
 * Modules of Node and of others that cost more at a start than what we use of them, and what the bundle takes in their
 * place.
 *
 * - `node:http`: importing it as a module makes Node read all its exports, and one of them (`WebSocket`) loads the
 *   whole of Node's own fetch, also when it is imported with `import()` as the OTLP exporter does. `process.getBuiltinModule`
 *   gives the same object and reads nothing.
 * - `node:https`: loads TLS. Nothing of ours needs it before the first address that begins with `https:`, so its
 *   functions load it when they are called.
 * - `node:http2`: nothing of ours speaks it. undici's client for it and the admin API's adapter read its constants when they
 *   are loaded; undici says itself what to do on a Node that was built without it, and that is what it gets.
 * - `undici`: its index loads fetch, WebSocket, caches and mocks. The gateway uses its connection pools alone.
 * - `zod`: brings its messages in fifty languages. English is imported by itself, and nobody asks for another.
 *
 * An import of a name that is not listed fails the build. What each saves is in docs/decisions/2026-11-21-bundled-build.md.
 */
import http from 'node:http'

const lazyExports = ['WebSocket', 'CloseEvent', 'MessageEvent']
const httpNames = Object.keys(http).filter((it) => !lazyExports.includes(it))

const lightHttp = `const http = process.getBuiltinModule('node:http')
export const { ${httpNames.join(', ')} } = http
export { http as default }`

const lateHttps = `const https = () => process.getBuiltinModule('node:https')
export const get = (...given) => https().get(...given)
export const request = (...given) => https().request(...given)`

const noHttp2 = `export const constants = {}
export class Http2ServerRequest {}`

const replacements = {
  'import-statement': {
    'node:http': lightHttp,
    'node:https': lateHttps,
    'node:http2': noHttp2,
    undici: `export { default as Client } from 'undici/lib/dispatcher/client.js'
export { default as Pool } from 'undici/lib/dispatcher/pool.js'`,
  },
  'dynamic-import': { http: lightHttp, 'node:http': lightHttp },
  'require-call': { 'node:http2': noHttp2 },
}

const prefix = '\0light:'
const texts = new Map()

/** A plugin for the bundler. */
export const lightModules = {
  name: 'light-modules',
  resolveId(id, importer, { kind }) {
    const isLocales = id === '../locales/index.js' && importer.includes('/zod/')
    const text = isLocales ? 'export {}' : replacements[kind]?.[id]
    if (text === undefined) return undefined
    const light = `${prefix}${id.replace(/^node:/, '')}`
    texts.set(light, text)
    return light
  },
  load: (id) => texts.get(id),
}

/**
 * Writes what is beyond ASCII as escapes. V8 keeps a file with a single character beyond Latin-1 in two bytes for each
 * of its characters, for as long as the program runs; comments aside, such characters stand in strings and regular
 * expressions only, where an escape says the same.
 */
export const asciiOnly = {
  name: 'ascii-only',
  // Not when a chunk is rendered: what comes after that writes plain characters again.
  generateBundle(_options, bundle) {
    for (const it of Object.values(bundle))
      if (it.type === 'chunk') it.code = it.code.replace(beyondAscii, escapeOf)
  },
}

const beyondAscii = /[\u0080-\uffff]/g

function escapeOf(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/**
 * Makes each file of a program a function of what CommonJS gives it, strict as the modules were that it is made of. The
 * launcher runs the file as it is: put around it there, it would be copied once more.
 */
export const asFunction = {
  name: 'as-function',
  generateBundle(_options, bundle) {
    for (const it of Object.values(bundle))
      if (it.type === 'chunk')
        it.code = `(function (exports, require, module, __filename, __dirname) { 'use strict'; ${it.code}\n})`
  },
}
