/**
 * The gateway as a program. Everything it does is in `boot/`; nothing imports this file.
 *
 * Not here: `changeover serve`, which is the same in the command line's clothes.
 */
import { serve } from './boot/serve.ts'

// Where nothing is left to wait for before it has ended: as Node ends a program whose `await` never came.
process.exitCode = 13
// No `await`: the bundle is CommonJS.
void serve({ argv: process.argv.slice(2) }).then((code) => {
  process.exitCode = code
})
