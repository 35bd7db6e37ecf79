/**
 * `GET /v1/models` and `GET /v1/models/{id}`: what the caller may name as `model`, under the version in force.
 *
 * The list was made with the snapshot; it is only read here for callers who may not see all of it.
 */
import type { CallHead, Downstream } from '../contract/downstream.ts'
import { isThereFor } from '../routing/may-call.ts'
import { Call, type CutCode } from './call.ts'
import { type ListedModel, shapeOfList } from './model-list.ts'
import type { PipelineTools } from './tools.ts'

interface ModelList {
  readonly data: readonly ListedModel[]
}

export class ModelsCall extends Call {
  readonly #model: string | null

  /** `model`: one model, or `null` for the list. */
  constructor(
    tools: PipelineTools,
    downstream: Downstream,
    head: CallHead & { readonly model: string | null },
  ) {
    super(tools, downstream, head)
    this.#model = head.model
  }

  take(): void {
    const gateway = this.gateway
    if (gateway === null || this.ended) return
    const { caller } = this
    const allow = caller?.allow ?? null
    const wire = this.head.wire.name
    if (this.#model === null && allow === null && !gateway.hidesRoutes && wire === 'openai-chat') {
      this.sendWhole(200, 'application/json', gateway.modelList)
      return
    }
    const list = JSON.parse(gateway.modelList) as ModelList
    const visible = list.data.filter(({ id }) => {
      const route = gateway.routes.get(id)
      return (allow === null || allow.has(id)) && (route === undefined || isThereFor(caller, route))
    })
    const shape = shapeOfList(wire)
    if (this.#model === null) {
      this.sendWhole(200, 'application/json', JSON.stringify(shape.list(visible)))
      return
    }
    const found = visible.find((it) => it.id === this.#model)
    if (found === undefined) this.refuse('routing.no_such_model', { model: this.#model, nearest: null })
    else this.sendWhole(200, 'application/json', JSON.stringify(shape.one(found)))
  }

  onDrain(): void {}

  cut(code: CutCode = 'call.cut'): void {
    if (!this.ended && !this.isClosed) this.refuse(code, {})
  }

  protected finish(): void {}

  protected addHeaders(): void {}
}
