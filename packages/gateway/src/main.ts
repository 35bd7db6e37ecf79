/**
 * The gateway as a program. Everything it does is in `boot/`; nothing imports this file.
 *
 * Not here: `changeover serve`, which is the same in the command line's clothes.
 */
import { serve } from './boot/serve.ts'

process.exitCode = await serve({ argv: process.argv.slice(2) })
