/**
 * Who may call at all: whether settings leave the data plane open, and whether that can be what somebody wished.
 *
 * Without tenants nobody is asked for a key. That is what a newcomer starts with, and it is also what is left of
 * a file that was cut off before its tenants. So open settings are taken where nothing was guarded before and only
 * this machine can call; everywhere else they have to say `access.callers: anyone`.
 *
 * Going back to a version that was open is no accident: it was taken once. It still does not open a network.
 */
import { type Issue, pointTo, type SettingsTree, type ValidateInput } from '@changeover/reload'
import { sayError } from '../errors.ts'
import { wrong } from '../settings/issue-texts.ts'

export interface DataPlaneReach {
  /** Address of the data plane, as it was given. */
  readonly host: string
  /** Whether others than this machine can reach it. */
  readonly isExposed: boolean
}

type Asked = Pick<ValidateInput, 'settings' | 'previous' | 'restores'>

const callersPointer = pointTo(pointTo('', 'access'), 'callers')

/** Whether a map has entries; anything else that stands there counts as if it had. */
const has = (map: unknown): boolean =>
  map !== undefined && (typeof map !== 'object' || map === null || Object.keys(map).length > 0)

/** Names count, not what stands behind them: a tenant that this build cannot read opens nothing. */
export function isOpen({ tenants, access }: SettingsTree): boolean {
  const callers = access?.callers
  const isGuarded = has(tenants) || has(access?.tokens)
  return !isGuarded && (callers === undefined || callers === 'anyone')
}

/** Open without having been said to be. */
const isOpenUnsaid = (settings: SettingsTree): boolean =>
  isOpen(settings) && settings.access?.callers === undefined

export function checkAccess(
  { settings, previous, restores }: Asked,
  reach: DataPlaneReach,
): readonly Issue[] {
  const exposed = exposedBy(settings, reach)
  if (exposed !== null) return [exposed]
  const { tenants, access } = settings
  if (access?.callers === 'anyone' && has(tenants))
    return [wrong(callersPointer, '"anyone" beside tenants', '"known", or no tenants')]
  if (access?.callers === 'anyone' && has(access.tokens))
    return [wrong(callersPointer, '"anyone" beside tokens of callers', '"known", or no tokens')]
  if (restores !== null || previous === null || isOpen(previous) || !isOpenUnsaid(settings)) return []
  const message = sayError('settings.access_opened', {})
  return [{ code: 'settings.access_opened', message, pointer: pointTo('', 'tenants') }]
}

/** Why these settings may not be served there, whoever asks for them; `null` when they may. */
export function exposedBy(settings: SettingsTree, { host, isExposed }: DataPlaneReach): Issue | null {
  if (!isExposed || !isOpenUnsaid(settings)) return null
  const message = sayError('settings.access_exposed', { host })
  return { code: 'settings.access_exposed', message, pointer: pointTo('', 'tenants') }
}
