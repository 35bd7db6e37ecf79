/**
 * What a person reads first: where it listens, whose models answer, where the settings are, and what to try.
 *
 * Not a log record: it is for people, so it goes to the terminal, or to standard error where standard output
 * carries log lines for machines.
 */
import { dirname } from 'node:path'
import { styleText } from 'node:util'
import { type ProviderEntry, providersOf } from './providers.ts'
import type { Running } from './run.ts'

export interface BannerOptions {
  readonly version: string
  readonly tookMs: number
  readonly colours: boolean
}

type Paint = (style: 'bold' | 'dim' | 'green' | 'yellow' | 'cyan', text: string) => string

export function writeBanner(running: Running, options: BannerOptions): string {
  const paint: Paint = options.colours
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_, text) => text
  const isReady = running.reloader.current() !== null
  const state = isReady
    ? `${paint('green', 'ready')} ${paint('dim', `in ${Math.round(options.tookMs)} ms`)}`
    : paint('yellow', 'not ready: no settings are in force')
  return [
    '',
    `  ${paint('bold', 'Changeover')} ${options.version}  ${state}`,
    '',
    ...writePlaces(running, paint),
    ...(isReady ? ['', ...writeTry(running, paint)] : writeMend(running, paint)),
    '',
    '',
  ].join('\n')
}

function writePlaces(running: Running, paint: Paint): string[] {
  const { place, adminToken } = running
  const tokenPath = adminToken.path === null ? null : place.nameOf(adminToken.path)
  const settings = place.isNew ? 'made just now, with all you need to start' : sayWhenItActs(running)
  const token = tokenPath === null ? 'token from CHANGEOVER_ADMIN_TOKEN' : `token in ${tokenPath}`
  const rows: [string, string, string][] = [
    ['models', `${running.dataUrl}/v1`, sayProviders(running)],
    ['admin', running.adminUrl, token],
    ['settings', place.source.place, settings],
  ]
  if (running.reloader.current()?.parts.gateway.identity.open === true)
    rows.push(['callers', 'anyone', 'whoever reaches the port may call; with tenants, only their keys'])
  const width = Math.max(...rows.map(([, value]) => value.length))
  return rows.map(
    ([name, value, about]) =>
      `  ${paint('dim', name.padEnd(9))} ${value.padEnd(width)}  ${paint('dim', about)}`,
  )
}

function sayWhenItActs({ place }: Running): string {
  if (place.source.kind === 'http-poll') return 'asked for again and again'
  return 'read again whenever you save'
}

function sayProviders(running: Running): string {
  const providers = providersOf(running.reloader.current()?.settings ?? {})
  if (providers.length === 0) return 'no providers'
  if (providers.every((it) => it.kind === 'simulated'))
    return 'answers are simulated: no provider key was found'
  return `answers from ${providers.map(sayProvider).join(', ')}`
}

function sayProvider(it: ProviderEntry): string {
  return it.kind === 'simulated' ? `${it.name} (simulated)` : it.name
}

function writeTry(running: Running, paint: Paint): string[] {
  const settings = running.reloader.current()?.settings ?? {}
  const model = Object.keys(settings['routes'] ?? {})[0] ?? Object.keys(settings['models'] ?? {})[0] ?? 'chat'
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] })
  const key =
    Object.keys(settings['tenants'] ?? {}).length === 0 ? '' : ` -H 'authorization: Bearer YOUR-KEY'`
  const { kind, place } = running.place.source
  const edit =
    kind === 'http-poll'
      ? paint('cyan', 'npx changeover watch')
      : `edit ${kind === 'file' ? place : `a file in ${place}`}, save, and call again: x-changeover-version has moved on`
  return [
    `  ${paint('bold', 'try')}`,
    `    ${paint('cyan', `curl -i ${running.dataUrl}/v1/chat/completions${key} \\`)}`,
    `    ${paint('cyan', `  -H 'content-type: application/json' -d '${body}'`)}`,
    `    ${edit}`,
    `    ${paint('cyan', sayStatusCommand(running))}`,
  ]
}

/** As it has to be typed to find this very gateway: with what the command does not assume by itself. */
export function sayStatusCommand({
  adminUrl,
  adminToken,
  place,
}: Pick<Running, 'adminUrl' | 'adminToken' | 'place'>): string {
  const url = adminUrl === 'http://127.0.0.1:8701' ? '' : ` --url ${adminUrl}`
  const folder = adminToken.path === null ? '.changeover' : dirname(place.nameOf(adminToken.path))
  const state = folder === '.changeover' ? '' : ` --state ${asOneWord(folder)}`
  return `npx changeover status${url}${state}`
}

/** As a shell takes it for one word. */
function asOneWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function writeMend({ place, first }: Running, paint: Paint): string[] {
  const issues = first.kind === 'receipt' && first.receipt.outcome === 'refused' ? first.receipt.issues : []
  const what =
    first.kind === 'trouble'
      ? [`  ${first.trouble.message}`]
      : issues.slice(0, 10).map((it) => {
          const at =
            it.place === undefined
              ? (it.pointer ?? '')
              : `${it.place.file}:${it.place.line}:${it.place.column}`
          return at === '' ? `  ${it.message}` : `  ${paint('cyan', at)}  ${it.message}`
        })
  return ['', ...what, '', `  mend ${place.source.place} and save: it is read again at once`]
}
