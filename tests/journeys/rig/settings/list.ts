/**
 * Every setting of which a test shows how it changes under load. Add a row, and the test of it is there; what is listed
 * here is printed as docs/reference/reload-classes.md.
 */
import { accessChanges } from './access-changes.ts'
import { apiChanges } from './api-changes.ts'
import { budgetChanges, sharedChanges } from './budget-changes.ts'
import { cacheChanges } from './cache-changes.ts'
import { callerChanges } from './caller-changes.ts'
import { cloudChanges } from './cloud-changes.ts'
import { contextChanges } from './context-changes.ts'
import { counterChanges } from './counter-changes.ts'
import { gatewayChanges } from './gateway-changes.ts'
import { guardedTenantChanges, guardrailChanges } from './guardrail-changes.ts'
import { modelChanges } from './model-changes.ts'
import { factChanges, priceChanges } from './price-changes.ts'
import { probeChanges } from './probe-changes.ts'
import { providerChanges } from './provider-changes.ts'
import { addressChanges, formatChanges, quirkChanges } from './quirk-changes.ts'
import { rolloutChanges } from './rollout-changes.ts'
import { ruleChanges, targetChanges } from './route-changes.ts'
import { failureChanges, timeChanges } from './route-failure-changes.ts'
import { ejectionChanges, loadChanges, tailChanges } from './route-load-changes.ts'
import { simulateChanges } from './simulate-changes.ts'
import { telemetryChanges } from './telemetry-changes.ts'
import { limitChanges, tenantChanges } from './tenant-changes.ts'
import { tokenChanges } from './token-changes.ts'
import type { SettingChange, SettingWorld } from './world.ts'

/** Several gateways, so that their rows can be seen at the same time; the one that takes longest first. */
export const settingWorlds: readonly SettingWorld[] = [
  {
    name: 'the gateway',
    changes: [...telemetryChanges, ...rolloutChanges, ...probeChanges, ...gatewayChanges],
    isShared: true,
  },
  {
    name: 'providers',
    changes: [
      ...providerChanges,
      ...addressChanges,
      ...formatChanges,
      ...quirkChanges,
      ...cloudChanges,
      ...simulateChanges,
    ],
  },
  {
    name: 'models and contexts',
    changes: [...modelChanges, ...priceChanges, ...factChanges, ...contextChanges],
  },
  { name: 'routes', changes: [...targetChanges, ...ruleChanges, ...failureChanges, ...timeChanges] },
  { name: 'kept answers', changes: cacheChanges },
  { name: 'guardrails', changes: guardrailChanges },
  { name: 'guardrails of tenants', changes: guardedTenantChanges, asksForKeys: true },
  { name: 'where counts are shared', changes: counterChanges, asksForKeys: true, isShared: true },
  { name: 'published APIs', changes: apiChanges, asksForKeys: true },
  { name: 'the load of routes', changes: [...loadChanges, ...tailChanges, ...ejectionChanges] },
  { name: 'who may change what', changes: accessChanges, asksForKeys: true, hasIssuers: true },
  {
    name: 'tenants and limits',
    changes: [...tenantChanges, ...limitChanges, ...callerChanges, ...tokenChanges],
    asksForKeys: true,
    hasIssuers: true,
  },
  { name: 'tokens and budgets', changes: budgetChanges, asksForKeys: true },
  { name: 'shared counts', changes: sharedChanges, asksForKeys: true },
]

export const settingChanges: readonly SettingChange[] = settingWorlds.flatMap((it) => it.changes)
