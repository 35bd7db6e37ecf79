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
  {
    setting: '/providers/*/baseUrl',
    effect: 'the next request goes to the new address; a stream from the old one goes on',
    from: { provider: {} },
    to: { provider: { baseUrl: 'at:two/v1' } },
    see: async (seen) => (await seen.ask()).told?.provider,
    was: 'one',
    becomes: 'two',
  },
  {
    setting: '/providers/*/connections',
    effect: 'the next requests find as many connections as are said now; a stream keeps its own',
    // The stream that goes on is on the only one.
    from: { provider: { connections: 1 } },
    to: { provider: { connections: 2 } },
    see: (seen) => seen.answered(),
    was: null,
    becomes: 200,
  },
]
