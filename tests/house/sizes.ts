/**
 * How long a file may be. Beyond these it holds two ideas, or one that is not understood yet; generated files are
 * exempt because nobody reads them.
 */
import { isTest, type SourceFile } from './source-tree.ts'

const SOURCE_LINES = 500
const TEST_LINES = 800

export function oversized(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split('\n').length
    const limit = isTest(path) ? TEST_LINES : SOURCE_LINES
    return lines > limit
      ? [`${path}: ${lines} lines, the limit is ${limit}; look for a second idea in it`]
      : []
  })
}
