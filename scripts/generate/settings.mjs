#!/usr/bin/env node
/** Writes `spec/settings.schema.json` and `docs/reference/settings.md` from what the rooms say of their settings. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { settingsJsonSchema, settingsReference } from '../../packages/gateway/src/settings/reference.ts'
import { root } from '../parts/repository.mjs'

mkdirSync(join(root, 'docs/reference'), { recursive: true })
mkdirSync(join(root, 'spec'), { recursive: true })
writeFileSync(join(root, 'spec/settings.schema.json'), `${JSON.stringify(settingsJsonSchema(), null, 2)}\n`)
writeFileSync(join(root, 'docs/reference/settings.md'), settingsReference())
