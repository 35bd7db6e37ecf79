#!/usr/bin/env node
/**
 * Writes `docs/reference/reload-classes.md`: every setting with its default, its reload class, and what a test shows of
 * a change to it while requests run. From the settings' own descriptions, and from the rows of that test.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { settingRows } from '../../packages/gateway/src/settings/reference.ts'
import { settingChanges } from '../../tests/journeys/rig/settings/list.ts'
import { root } from '../parts/repository.mjs'

const opening = `# What a reload does to each setting

<!-- Made by \`npm run generate\` from the rooms' spec.ts and the rows of tests/journeys/settings-under-load.test.ts. -->

\`live\`: a reload changes it while the gateway serves. Requests that have begun keep what they began under.

The last column is the name of the test: \`tests/journeys/settings-under-load.test.ts\` changes the setting while requests run, sees what it says, and
sees that a stream from before goes on, wherever a stream can run under it. It fails when a setting has no row. What only holds
other settings is changed with each of these.

setting | default | reload | what requests notice, by test
--- | --- | --- | ---
`

const effects = new Map(settingChanges.map((it) => [it.setting, it.effect]))
const rows = settingRows()
const isHolder = ({ pointer }) => rows.some((it) => it.pointer.startsWith(`${pointer}/`))
const isSection = ({ pointer }) => pointer.lastIndexOf('/') === 0
const effectOf = (it) => effects.get(it.pointer) ?? (isHolder(it) ? 'as each of the settings in it' : '')
const cell = (text) => text.replaceAll('|', '\\|')
const code = (text) => (text === '' || text === 'required' ? text : `\`${text}\``)
const lines = rows
  .filter((it) => !isSection(it))
  .map((it) => [code(it.pointer), code(it.default), it.reload, effectOf(it)].map(cell).join(' | '))

writeFileSync(join(root, 'docs/reference/reload-classes.md'), `${opening}${lines.join('\n')}\n`)
