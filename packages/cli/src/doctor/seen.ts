/** What several checks look at, looked at once: the status of the gateway that answers, and the settings. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SettingsLook } from '@changeover/gateway'
import { isRefused, isUnreachable, type Source, type Status } from '@changeover/sdk'
import type { CommandContext } from '../command.ts'
import { sayUnreadable } from '../read-named.ts'

/** Where the settings are, or why they cannot be looked at from here. */
type Place = { readonly path: string; readonly whose: string } | { readonly elsewhere: string }

export type SeenSettings =
  | { readonly elsewhere: string }
  | {
      readonly path: string
      /** That of a gateway, in words; empty where nobody was asked. */
      readonly whose: string
      /** `null` where there is nothing; a text where it cannot be read, in words. */
      readonly look: SettingsLook | string | null
    }

/** One for each run of the doctor. */
export class Seen {
  readonly #context: CommandContext
  #status: Promise<Status> | null = null
  #settings: Promise<SeenSettings> | null = null

  constructor(context: CommandContext) {
    this.#context = context
  }

  /** Rejects as the client does, each time. */
  status(): Promise<Status> {
    this.#status ??= this.#context.client().then((it) => it.ask('readStatus'))
    return this.#status
  }

  /** Those that were named, else those that the gateway which answers follows, else those of one that is started here. */
  settings(): Promise<SeenSettings> {
    this.#settings ??= this.#find().then(lookAt)
    return this.#settings
  }

  async #find(): Promise<Place> {
    const { cwd } = this.#context
    const named = this.#context.text('settings')
    if (named !== undefined) return { path: resolve(cwd, named), whose: '' }
    const source = await this.status().then(
      (it): Source => it.source,
      (error: unknown) => {
        if (isUnreachable(error) || isRefused(error)) return null
        throw error
      },
    )
    if (source === null) return { path: resolve(cwd, 'changeover.yaml'), whose: '' }
    const { url } = await this.#context.client()
    if (source.path === null)
      return { elsewhere: `the gateway at ${url} asks "${source.place}" for its settings` }
    if (!isHere(new URL(url).hostname))
      return { elsewhere: `the gateway at ${url} follows "${source.path}" on the machine where it runs` }
    return { path: source.path, whose: `, which the gateway at ${url} follows` }
  }
}

async function lookAt(place: Place): Promise<SeenSettings> {
  if ('elsewhere' in place) return place
  const isThere = await stat(place.path).catch(() => null)
  if (isThere === null) return { ...place, look: null }
  const { lookAtSettings } = await import('@changeover/gateway')
  return { ...place, look: await lookAtSettings(place.path).catch(sayUnreadable) }
}

/** The same path is another file elsewhere. */
function isHere(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}
