/**
 * `GET /apis`, `GET /apis/{name}` and `GET /apis/{name}/{version}/openapi.json`: what a tenant may see of the published
 * APIs, how each stands and how it is called.
 *
 * What is there for others alone is answered like what is not there at all.
 */
import { describeApis, describeName, openApiDocument } from '../apis/describe-api.ts'
import type { CompiledApis } from '../contract/apis.ts'
import type { CallHead, Downstream } from '../contract/downstream.ts'
import { GatewayError } from '../errors.ts'
import { findApi, mayCallApi } from './api-access.ts'
import { Call, type CutCode } from './call.ts'
import type { PipelineTools } from './tools.ts'

/** All; the versions of a name; the document of one. */
export interface ApiListHead extends CallHead {
  readonly page: { readonly name: string | null; readonly asked: string | null }
}

/** A name with a port, or an address in brackets; whatever else somebody puts into `Host` is not repeated. */
const HOST = /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

export class ApiListCall extends Call {
  readonly #page: ApiListHead['page']

  constructor(tools: PipelineTools, downstream: Downstream, head: ApiListHead) {
    super(tools, downstream, head)
    this.#page = head.page
  }

  take(): void {
    if (this.ended || this.isClosed) return
    try {
      this.sendWhole(200, 'application/json', JSON.stringify(this.#write()), NOT_TO_BE_SHARED)
    } catch (thrown) {
      this.refuseThrown(thrown)
    }
  }

  onDrain(): void {}

  cut(code: CutCode = 'call.cut'): void {
    if (!this.ended && !this.isClosed) this.refuse(code, {})
  }

  protected finish(): void {}

  protected addHeaders(): void {}

  #write(): object {
    const { caller, gateway, tools } = this
    const { name, asked } = this.#page
    if (name !== null && asked !== null) return openApiDocument(this.#find(name, asked))
    const tenant = caller?.tenant ?? null
    const book = tools.subscriptions
    const ask = {
      tenant,
      origin: this.#origin(),
      subscriptionTo: (api: string) => (tenant === null ? null : (book?.stateOf(api, tenant) ?? null)),
    }
    const apis = this.#callable()
    if (name === null) return apis === null ? { apis: [] } : describeApis(apis, ask)
    const described = apis === null ? null : describeName(apis, name, ask)
    if (described === null || gateway === null)
      throw new GatewayError('apis.no_such_api', { api: name.slice(0, 200) })
    return described
  }

  #find(name: string, asked: string) {
    const api = findApi(this.gateway, this.caller, { name, asked })
    if (!mayCallApi(this.caller, api)) throw new GatewayError('identity.not_allowed', { model: api.model })
    return api
  }

  /** Without those that the allow-list of the caller does not have. */
  #callable(): CompiledApis | null {
    const { gateway, caller } = this
    if (gateway === null || (caller?.allow ?? null) === null) return gateway?.apis ?? null
    const { apis } = gateway
    const versions: CompiledApis['versions'] = (name, tenant) =>
      apis.versions(name, tenant).filter((it) => mayCallApi(caller, it))
    return {
      versions,
      names: (tenant) => apis.names(tenant).filter((name) => versions(name, tenant).length > 0),
      find(name, asked, tenant) {
        const found = apis.find(name, asked, tenant)
        return found !== null && mayCallApi(caller, found) ? found : null
      },
    }
  }

  #origin(): string {
    const { host } = this.head.headers
    const proto = this.head.headers['x-forwarded-proto'] === 'https' ? 'https' : 'http'
    return typeof host === 'string' && HOST.test(host) ? `${proto}://${host}` : ''
  }
}

/** It depends on the key. */
const NOT_TO_BE_SHARED = ['cache-control', 'private, no-cache', 'vary', 'authorization']
