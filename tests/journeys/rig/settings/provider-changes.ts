/** How settings of a provider are seen to change under load. One entry a setting. */
import type { SettingChange } from './world.ts'

export const providerChanges: readonly SettingChange[] = [
  {
    setting: '/providers/*/credentials',
    effect: 'the next request has one of the new keys; a key that was refused goes on resting',
    from: { a: { provider: 'keyed' } },
    // The first key stays first, and was refused before.
    to: { more: { providers: { keyed: { credentials: ['${env:KEY_ONE}', '${env:KEY_THREE}'] } } } },
    see: async (seen) => (await seen.ask('one=refuses-key:first')).told?.key,
    was: 'second',
    becomes: 'third',
  },
]
