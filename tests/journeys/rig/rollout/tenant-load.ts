/** Requests of many tenants, one after the other in turn, that go on until they are stopped. */
import { createHash } from 'node:crypto'
import type { Gateway } from '../gateway.ts'

export const TENANTS: readonly string[] = Array.from({ length: 400 }, (_, i) => `t${i}`)
const WORKERS = 12
/** A breath between two requests of a worker, so that the machine has time for others. */
const BREATH_MS = 10

export const keyOf = (tenant: string): string => `key-of-${tenant}`
export const hashOf = (key: string): string => `sha256:${createHash('sha256').update(key).digest('hex')}`

export interface Answer {
  readonly tenant: string
  readonly status: number
  readonly version: string
  readonly call: string
  readonly refused: boolean
}

export class TenantLoad {
  readonly answers: Answer[] = []
  #next = 0
  #isOver = false
  readonly #workers: Promise<void>[]

  constructor(gateway: Gateway) {
    this.#workers = Array.from({ length: WORKERS }, () => this.#work(gateway))
  }

  /** Those that a version answered, or refused. */
  under(version: string): readonly Answer[] {
    return this.answers.filter((it) => it.version === version)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#workers)
  }

  async #work(gateway: Gateway): Promise<void> {
    while (!this.#isOver) {
      const tenant = TENANTS[this.#next % TENANTS.length] ?? ''
      this.#next += 1
      this.answers.push(await ask(gateway, tenant))
      await new Promise((resolve) => void setTimeout(resolve, BREATH_MS))
    }
  }
}

async function ask(gateway: Gateway, tenant: string): Promise<Answer> {
  const body = { model: 'chat', messages: [{ role: 'user', content: 'May I?' }] }
  const response = await gateway.chat(body, { authorization: `Bearer ${keyOf(tenant)}` })
  const text = await response.text()
  return {
    tenant,
    status: response.status,
    version: response.headers.get('x-changeover-version') ?? '',
    call: response.headers.get('x-changeover-call') ?? '',
    refused: text.includes('"refusal":"No."'),
  }
}
