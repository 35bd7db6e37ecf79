/**
 * Two modules that cost more at start than what we use of them, and what the bundle takes in their place.
 *
 * - `node:http`: importing it as a module makes Node read all its exports, and one of them (`WebSocket`) loads the
 *   whole of Node's own fetch. `process.getBuiltinModule` gives the same object and reads nothing.
 * - `undici`: its index loads fetch, WebSocket, caches and mocks. The gateway uses its connection pools alone.
 *
 * Measured in 2 × 31 interleaved starts on a busy machine, least CPU time until ready: 152 ms without, 142 ms with
 * the second alone, 128 ms with both. The admin API loads Node's fetch later all the same, so the time until ready
 * gains less than that and did not stand out of the noise. An import of a name that is not listed fails the build.
 */
import http from 'node:http'

const lazyExports = ['WebSocket', 'CloseEvent', 'MessageEvent']
const httpNames = Object.keys(http).filter((it) => !lazyExports.includes(it))

const replacements = {
  'node:http': `const http = process.getBuiltinModule('node:http')
export const { ${httpNames.join(', ')} } = http
export { http as default }`,
  undici: `export { default as Client } from 'undici/lib/dispatcher/client.js'
export { default as Pool } from 'undici/lib/dispatcher/pool.js'`,
}

const prefix = '\0light:'

/** A plugin for the bundler. Only `import` statements are replaced: `require` reads no exports, and `import()` is lazy. */
export const lightModules = {
  name: 'light-modules',
  resolveId: (id, _importer, { kind }) =>
    Object.hasOwn(replacements, id) && kind === 'import-statement' ? `${prefix}${id}` : undefined,
  load: (id) => (id.startsWith(prefix) ? replacements[id.slice(prefix.length)] : undefined),
}
