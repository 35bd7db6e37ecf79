/**
 * A first canary, in two minutes: a prompt that reads well and is not, tried on one cinema of twenty, found out,
 * and taken back by itself.
 *
 * Everything is real but the model and its callers: the settings are a file, and the change is that file, saved.
 */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createClient } from '@changeover/sdk'
import { makeCallers, openDoors } from './audience.ts'
import { startGateway } from './gateway.ts'
import { startPretendModel } from './pretend-model.ts'
import { Screen } from './screen.ts'
import { addition, settingsFor, withAddition } from './settings.ts'
import { Story } from './story.ts'

const CALLERS = 400
const PER_SECOND = 150
/** Long before this the canary has been judged; a demonstration that hangs shows nothing. */
const LONGEST_MS = 100_000

const { values } = parseArgs({ options: { calm: { type: 'string', default: '6' } } })
const folder = mkdtempSync(join(tmpdir(), 'changeover-demo-'))
const file = join(folder, 'changeover.yaml')
const model = await startPretendModel()
const callers = makeCallers(CALLERS)
writeFileSync(file, settingsFor(model.url, callers))
const gateway = await startGateway(folder)
const audience = openDoors(gateway.dataUrl, callers, PER_SECOND)
const client = createClient({ url: gateway.adminUrl, token: gateway.token })
const story = new Story({ client, audience, screen: new Screen(process.stdout) })

async function leave(): Promise<void> {
  await audience.leave()
  await gateway.stop()
  model.close()
  rmSync(folder, { recursive: true, force: true })
}
process.once('SIGINT', () => void leave().then(() => process.exit(130)))

try {
  story.opening({ callers: CALLERS, perSecond: PER_SECOND })
  await story.watch(Number(values.calm) * 1000)
  story.change(addition)
  // As an editor saves: a new file, renamed over the old one.
  writeFileSync(`${file}.new`, withAddition(readFileSync(file, 'utf8')))
  renameSync(`${file}.new`, file)
  const ended = await story.watchRollout(LONGEST_MS)
  const suffered = await story.verdict(ended)
  if (suffered !== null) {
    story.ask(suffered)
    await gateway.command('why', suffered)
  }
  story.closing()
  process.exitCode = ended.state === 'rolled_back' ? 0 : 1
} finally {
  await leave()
}
