/**
 * How the limits and budgets of tenants, teams and keys stand under the settings in force, whether anybody calls under
 * them or not.
 *
 * Worked out from the settings when somebody asks, so that serving calls keeps no list for it.
 */
import type { Clock, SettingsTree } from '@changeover/reload'
import type { Level, Standing } from '../contract/allowance.ts'
import type { CounterStore } from '../contract/counters.ts'
import { inherit, wayTo } from '../identity/inherit.ts'
import { type TenantSpec, tenantSpec } from '../identity/spec.ts'
import type { LocalCounters } from '../policy/local-counters.ts'
import { budgetSpec, limitSpec } from '../policy/spec.ts'
import { readStanding } from '../policy/standing.ts'
import { entriesOf } from '../settings/check.ts'

export interface LimitsPlace {
  readonly settings: SettingsTree
  readonly local: LocalCounters
  readonly shared: CounterStore | null
  readonly clock: Clock
}

/** Of all tenants, or of one. Rejects where the shared counts cannot be reached. */
export function readLimits(it: LimitsPlace, tenant: string | null): Promise<readonly Standing[]> {
  const { settings, local, shared, clock } = it
  const tenants = [...entriesOf(settings, 'tenants', tenantSpec)]
  const asked = tenant === null ? tenants : tenants.filter(([name]) => name === tenant)
  return readStanding({
    levels: asked.flatMap(([name, spec]) => levelsOf(name, spec)),
    numbers: {
      limits: entriesOf(settings, 'limits', limitSpec),
      budgets: entriesOf(settings, 'budgets', budgetSpec),
    },
    local,
    shared,
    nowMs: clock.now(),
    monoMs: clock.monotonic(),
  })
}

function levelsOf(name: string, tenant: TenantSpec): readonly Level[] {
  const { limits, budgets } = tenant
  const teams = Object.entries(tenant.teams).map(
    ([team, it]): Level => ({
      kind: 'team',
      name: `${name}/${team}`,
      limits: it.limits,
      budgets: it.budgets,
    }),
  )
  // The limit of each key counts that key, wherever it was named.
  const keys = Object.keys(tenant.keys).flatMap((key) =>
    inherit(wayTo(name, tenant, key)).levels.filter(({ kind }) => kind === 'key'),
  )
  return [{ kind: 'tenant', name, limits, budgets }, ...teams, ...keys]
}
