/** What a gateway says of itself, read from its admin API. */
import type { Gateway } from '../../journeys/rig/gateway.ts'
import { until } from '../../journeys/rig/until.ts'

export async function instanceOf(gateway: Gateway) {
  const { instances } = await gateway.admin.ask('listInstances', {})
  const [own] = instances
  if (own === undefined) throw new Error('the gateway knows of no instance')
  return own
}

export type Instance = Awaited<ReturnType<typeof instanceOf>>

/** Resolves when the instance is as wanted. */
export async function untilInstance(
  gateway: Gateway,
  what: string,
  isSo: (instance: Instance) => boolean,
): Promise<Instance> {
  return await until(
    async () => {
      const instance = await instanceOf(gateway)
      return isSo(instance) ? instance : null
    },
    { what },
  )
}

/** Value of one line of `/metrics`; 0 when it is not there. */
export async function metricOf(gateway: Gateway, line: RegExp): Promise<number> {
  const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
  const found = text.split('\n').filter((it) => line.test(it) && !it.startsWith('#'))
  return found.reduce((sum, it) => sum + Number(it.split(' ').at(-1)), 0)
}
