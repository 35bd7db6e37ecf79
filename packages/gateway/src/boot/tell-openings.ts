/**
 * Says in the log what a version opens or widens, whoever brought it: a file that was saved, a store, a push. Who asks for
 * a change by `apply` or `rollback` is told there and then; nobody looks at the receipt of a file.
 *
 * Each step from one version to another is told once: that of a candidate when its trial begins, and not again when it
 * takes all traffic. The checks are those of plans.
 */
import { changes, type Reloader, type SettingsTree, type Telemetry } from '@changeover/reload'
import { findOpenings } from '../plan/warnings/find-warnings.ts'

/** Returns how to stop. */
export function tellOpenings(reloader: Reloader<unknown>, telemetry: Pick<Telemetry, 'logger'>): () => void {
  const { logger } = telemetry
  let before = reloader.current()
  /** The last step that was told, and where it led. */
  let told = ''
  const tell = async (step: string, was: SettingsTree, version: string): Promise<void> => {
    if (step === told) return
    told = step
    try {
      const is = await reloader.settings(version)
      if (is === null) return
      const changed = changes(was, is).map((it) => it.pointer)
      for (const { code, text, pointer } of findOpenings({ before: was, after: is, changed })) {
        const message = `version ${version}: ${text} (${code} at ${pointer})`
        logger.log({ level: 'warn', room: 'settings', message, attributes: { 'config.version': version } })
      }
    } catch (error) {
      const message = `what version ${version} opens could not be looked at`
      logger.log({ level: 'error', room: 'settings', message, error })
    }
  }
  return reloader.subscribe(() => {
    const was = before
    const now = reloader.current()
    const { candidate } = reloader.pointers()
    if (now !== null && candidate !== null && candidate.version !== now.version) {
      void tell(`${now.version} ${candidate.version}`, now.settings, candidate.version)
    }
    if (now === null || now.version === was?.version) return
    before = now
    if (was !== null) void tell(`${was.version} ${now.version}`, was.settings, now.version)
  })
}
