#!/usr/bin/env node
/** `docs/reference/admin-api.md` and `spec/admin-api.openapi.json`, from the admin API's OpenAPI document. */
import { openApiDocument } from '../../packages/gateway/src/control/openapi.ts'
import { writeReference } from '../../packages/gateway/src/control/reference.ts'
import { writeGenerated } from '../parts/generated.mjs'

const document = openApiDocument()
writeGenerated('spec/admin-api.openapi.json', `${JSON.stringify(document, null, 2)}\n`)
writeGenerated('docs/reference/admin-api.md', writeReference(document))
