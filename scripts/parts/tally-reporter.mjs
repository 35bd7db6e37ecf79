/**
 * A vitest reporter that writes down how many tests passed, failed and were skipped, and why they were skipped.
 *
 * A file that cannot be loaded and an error outside any test each count as one failure, so that the sum is
 * never greener than the run.
 */
import { writeFileSync } from 'node:fs'

class TallyReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0, skips: [] }
    for (const module of modules) {
      tally.failed += module.errors().length
      for (const suite of module.children.allSuites()) tally.failed += suite.errors().length
      for (const test of module.children.allTests()) count(tally, test)
    }
    const path = process.env.CHANGEOVER_TALLY
    if (path !== undefined) writeFileSync(path, JSON.stringify(tally))
  }
}

function count(tally, test) {
  const { state, note } = test.result()
  if (state === 'passed') tally.passed += 1
  else if (state === 'failed') tally.failed += 1
  else {
    tally.skipped += 1
    tally.skips.push({
      name: `${test.module.relativeModuleId}: ${test.fullName}`,
      reason: note ?? 'no reason given',
    })
  }
}

// vitest loads a reporter by its default export.
// oxlint-disable-next-line import/no-default-export
export default TallyReporter
