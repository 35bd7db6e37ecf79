#!/usr/bin/env node
/** `packages/sdk/src/generated/api.ts`, from the admin API's OpenAPI document. Run by `npm run generate`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openApiDocument } from '../../packages/gateway/src/control/openapi.ts'
import { writeTypes } from '../../packages/sdk/src/write-types.ts'
import { root } from '../parts/repository.mjs'

const folder = join(root, 'packages/sdk/src/generated')
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'api.ts'), writeTypes(openApiDocument()))
