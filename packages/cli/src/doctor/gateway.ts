/** Whether a gateway answers, and how it is. */
import { type Client, isRefused, isUnreachable, type Status } from '@changeover/sdk'
import type { CommandContext } from '../command.ts'
import { adviseOn, type Differing } from '../render/differs.ts'
import type { Finding } from './checks.ts'
import type { Seen } from './seen.ts'

export async function checkGateway(context: CommandContext, seen: Seen): Promise<readonly Finding[]> {
  const client = await context.client()
  try {
    const status = await seen.status()
    const version = status.applied?.version ?? 'nothing'
    const troubles = status.handles.flatMap(({ source, trouble }): Finding[] =>
      trouble === null ? [] : [{ level: 'bad', message: `"${source}": ${trouble.message}` }],
    )
    const differing = await Promise.all(
      status.handles.flatMap(({ kind, source, differs }) =>
        differs === null ? [] : [sayDiffering(client, { kind, source, ...differs })],
      ),
    )
    const level = status.gateway.ready ? 'good' : 'bad'
    return [
      { level, message: `answers at ${client.url}; ${version} is in force` },
      ...troubles,
      ...differing,
      ...sayQuarantined(status.quarantine),
    ]
  } catch (error) {
    if (isUnreachable(error)) return [{ level: 'unsure', message: `no gateway answers: ${error.message}` }]
    if (!isRefused(error)) throw error
    const advice = 'give the token: --token, CHANGEOVER_ADMIN_TOKEN, or --state DIR of that gateway'
    return [{ level: 'bad', message: `a gateway is at ${client.url} but refuses: ${error.message}`, advice }]
  }
}

/** What failed here stays known for long: that is no trouble as long as something newer serves. */
function sayQuarantined(entries: Status['quarantine']): Finding[] {
  const newest = entries.at(-1)
  if (newest === undefined) return []
  const others = entries.length === 1 ? '' : ` (and ${entries.length - 1} more)`
  return [
    {
      level: 'unsure',
      message: `version ${newest.version} is in quarantine: ${newest.reason}${others}`,
      advice:
        'these settings failed here and are not tried again; publish others, or "changeover apply FILE --force"',
    },
  ]
}

/** With the place of the first mistake, as long as the attempt that found it is remembered. */
async function sayDiffering(client: Client, differs: Differing): Promise<Finding> {
  const { source, attempt } = differs
  const { issues = [] } = await client
    .ask('readReload', { params: { attempt } })
    .catch(() => ({ issues: [] }))
  const [first] = issues
  const place =
    first?.place === undefined ? '' : `${first.place.file}:${first.place.line}:${first.place.column}  `
  const why = first === undefined ? '' : `; ${place}${first.message}`
  return {
    level: 'bad',
    message: `"${source}" holds what is not in force: ${differs.reason}${why}`,
    advice: adviseOn(differs),
  }
}
