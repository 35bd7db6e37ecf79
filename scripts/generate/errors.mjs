#!/usr/bin/env node
/**
 * Writes `docs/reference/errors.md` from the error tables of the packages. With `--print`, only prints it.
 *
 * The texts are made by the tables themselves, from details that answer with their own names.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rules as gateway } from '../../packages/gateway/src/errors.ts'
import { rules as otel } from '../../packages/otel/src/errors.ts'
import { rules as reload } from '../../packages/reload/src/errors.ts'
import { root } from '../parts/repository.mjs'

const tables = { '@changeover/reload': reload, '@changeover/otel': otel, '@changeover/gateway': gateway }

const opening = `# Errors

Made from the error tables in the source by \`npm run generate\`; a test keeps the two equal.

Codes are stable: programs decide by them, and by the two columns beside, never by texts. **Blame** says who can mend it: whoever sent the
payload or request (*sender*), a system that is called (*upstream*), the *operator*, or the authors (*bug*). **Again** says whether the same
bytes, sent again, may succeed. **Status** is the HTTP status where the error answers a request. What stands in \`‹…›\` is filled in.
`

function tableOf([name, rules]) {
  const rows = Object.entries(rules).map(([code, rule]) => {
    const cells = [`\`${code}\``, rule.blame, rule.retry ? 'yes' : 'no', rule.status, textOf(rule)]
    return `| ${cells.join(' | ')} |`
  })
  return [
    `## ${name}`,
    '',
    '| code | blame | again | status | text |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

/** Numbers that a text computes with come out as no number at all. */
function textOf(rule) {
  const details = new Proxy({}, { get: (_target, name) => named(`‹${String(name)}›`) })
  return rule.say(details).replaceAll('NaN', '‹…›').replaceAll('|', '\\|')
}

function named(text) {
  // Lists are named as a whole.
  return { [Symbol.toPrimitive]: (hint) => (hint === 'number' ? Number.NaN : text), join: () => text }
}

const reference = `${[opening, ...Object.entries(tables).map(tableOf)].join('\n\n').replaceAll('\n\n\n', '\n\n')}\n`

if (process.argv.includes('--print')) process.stdout.write(reference)
else {
  mkdirSync(join(root, 'docs/reference'), { recursive: true })
  writeFileSync(join(root, 'docs/reference/errors.md'), reference)
}
