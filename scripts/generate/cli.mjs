#!/usr/bin/env node
/** `docs/reference/cli.md`, from the commands themselves. */
import { writeReference } from '../../packages/cli/src/reference.ts'
import { flagsHelp } from '../../packages/gateway/src/boot/flags.ts'
import { writeGenerated } from '../parts/generated.mjs'

writeGenerated('docs/reference/cli.md', writeReference(flagsHelp()))
