/** Whether this Node runs a gateway. */
import type { Finding } from './checks.ts'

const oldest = [22, 19] as const

export function checkNode(): Promise<readonly Finding[]> {
  const { version } = process
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
  const isNew = major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
  const advice = `install Node 24; ${oldest.join('.')} is the oldest that runs a gateway`
  const finding: Finding = isNew
    ? { level: 'good', message: `${version} on ${process.platform} ${process.arch}` }
    : { level: 'bad', message: `${version} is too old`, advice }
  return Promise.resolve([finding])
}
