#!/usr/bin/env node
/** `packages/sdk/src/generated/api.ts`, from the admin API's OpenAPI document. */
import { openApiDocument } from '../../packages/gateway/src/control/openapi.ts'
import { writeTypes } from '../../packages/sdk/src/write-types.ts'
import { writeGenerated } from '../parts/generated.mjs'

writeGenerated('packages/sdk/src/generated/api.ts', writeTypes(openApiDocument()))
