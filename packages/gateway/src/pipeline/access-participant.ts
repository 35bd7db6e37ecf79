/**
 * Who may change what, as a part of the reload: what a version says of people, roles, identity providers and
 * approvals is in force with the rest of it, by the same swap.
 *
 * Nothing is asked of an identity provider here: one that cannot be reached must not hold up a reload, least of all
 * the one that takes it out of the settings.
 */
import { type Participant, pointTo, ReloadError, type SettingsTree } from '@changeover/reload'
import {
  type AccessSettings,
  type CompiledAccess,
  compileAccess,
  SHORTEST_TOKEN,
} from '../access/compile-access.ts'
import { approvalsSpec, oidcSpec, peopleSpec, rolesSpec } from '../access/spec.ts'
import { entryOf } from '../settings/check.ts'
import { wrong } from '../settings/issue-texts.ts'
import type { Secrets } from '../settings/secrets.ts'
import { checkAccessSettings } from './check-access-settings.ts'
import { type ReferencePlace, resolveOrThrow } from './participant.ts'

/** Forms are checked by the gateway's participant, which reads this section too. */
export function accessParticipant({ secrets }: { readonly secrets: Secrets }): Participant<CompiledAccess> {
  return {
    kinds: ['access'],
    validate: ({ settings }) => checkAccessSettings(accessOf(settings)),
    async prepare({ settings, version }) {
      const access = accessOf(settings)
      const places = [...referencesOf(access)]
      await resolveOrThrow(secrets, places, { participant: 'access', version })
      refuseShort(
        places.filter((it) => secrets.fill(it.text).length < SHORTEST_TOKEN),
        version,
      )
      return compileAccess(access, secrets)
    },
  }
}

/** Whoever guesses a short one is somebody; an empty file must not become a token. */
function refuseShort(places: readonly ReferencePlace[], version: string): void {
  if (places.length === 0) return
  const issues = places.map(({ steps }) =>
    wrong(
      steps.reduce<string>(pointTo, ''),
      'a token that is too short',
      `${SHORTEST_TOKEN} characters or more`,
    ),
  )
  throw new ReloadError('prepare.failed', { participant: 'access', version }, { issues })
}

/** What settings say of it; entries that cannot be read count as not there. */
export function accessOf(settings: SettingsTree): AccessSettings {
  return {
    people: entryOf(settings, ['access', 'people'], peopleSpec) ?? {},
    roles: entryOf(settings, ['access', 'roles'], rolesSpec) ?? {},
    oidc: entryOf(settings, ['access', 'oidc'], oidcSpec) ?? {},
    approvals: entryOf(settings, ['access', 'approvals'], approvalsSpec) ?? {},
  }
}

function* referencesOf({ people }: AccessSettings): Iterable<ReferencePlace> {
  for (const [person, { tokens = {} }] of Object.entries(people)) {
    for (const [token, { secret }] of Object.entries(tokens)) {
      const steps = ['access', 'people', person, 'tokens', token, 'secret']
      if (secret !== undefined) yield { text: secret, steps }
    }
  }
}
