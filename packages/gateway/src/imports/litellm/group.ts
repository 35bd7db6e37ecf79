/** Deployments that share the requests of one name. */
import type { RouteSettings } from '../../contract/settings.ts'

export interface Deployment {
  /** Key in `models`. */
  readonly model: string
  readonly weight: number | undefined
  /** Lower is asked first. */
  readonly order: number | undefined
  readonly timeoutMs: number | undefined
}

export type Groups = ReadonlyMap<string, readonly Deployment[]>

export function targetsOf(group: readonly Deployment[]): RouteSettings['targets'] {
  return group.map(({ model, weight, order }) => ({
    model,
    ...(weight === undefined ? {} : { weight }),
    ...(order === undefined ? {} : { priority: order }),
  }))
}
