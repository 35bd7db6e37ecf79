/**
 * Why a call went as it did: the version that it ran under and why that one, what decided step by step, where each
 * value that decided came from, and what of it is different now.
 *
 * Everything is asked of what was kept when it happened: the record of the call, the settings of its version, the audit
 * log. Where one of them is gone, what is left is told, and that something is missing.
 *
 * Not here: where a value comes from (`provenance.ts`), the sentences (`story/`), HTTP (`control/`).
 */
import { type Change, changes, type Json, type SettingsTree } from '@changeover/reload'
import type { CallRecord } from '../contract/call.ts'
import { touches } from './find-origins.ts'
import type { ValueOrigin, VersionStep } from './origin.ts'
import type { Provenance } from './provenance.ts'
import { type DecidedBy, type DecidingStep } from './story/step.ts'
import { tellStory } from './story/tell-story.ts'
import { valueAt } from './values.ts'

export interface WhyOptions {
  readonly provenance: Provenance
  /** `null` when they are not kept any more. */
  settings(version: string): Promise<SettingsTree | null>
  /** The version with a digest, which is the name of its rollout; `null` when it is not kept any more. */
  versionOf(digest: string): string | null
  inForce(): { readonly version: string; readonly settings: SettingsTree } | null
  /** Differences as sentences, each with the pointers that it tells. */
  describe(
    before: SettingsTree,
    after: SettingsTree,
    found: readonly Change[],
  ): readonly { readonly text: string; readonly pointers: readonly string[] }[]
}

export interface WhyReport {
  readonly call: CallRecord
  readonly version: WhyVersion
  readonly steps: readonly WhyStep[]
  /** `null` when nothing is in force. */
  readonly now: WhyNow | null
}

export interface WhyVersion {
  readonly version: string
  /** How it came in; `null` where nothing of it is kept. */
  readonly step: VersionStep | null
  /** Why this version and no other answered. */
  readonly says: string
  /** Of the units that the candidate answered then, where two versions served; `null` else, or where that is not kept. */
  readonly share: number | null
  /** Whether its settings are kept: without them no values are named. */
  readonly isKept: boolean
}

export interface DecidingValue {
  readonly pointer: string
  readonly value: Json
  readonly origin: ValueOrigin
}

export interface WhyStep {
  readonly about: DecidedBy
  readonly says: string
  readonly values: readonly DecidingValue[]
}

/** The same call under the version that is in force now. */
export interface WhyNow {
  readonly version: string
  readonly says: string
  readonly changes: readonly ChangedValue[]
}

export interface ChangedValue {
  readonly says: string
  readonly pointers: readonly string[]
  /** Of the first of them, under the version in force. */
  readonly origin: ValueOrigin | null
}

export async function explainCall(options: WhyOptions, call: CallRecord): Promise<WhyReport> {
  const { version } = call
  const settings = version === '' ? null : await options.settings(version)
  const told = tellStory(call, settings)
  return {
    call,
    version: await explainVersion(options, call, settings !== null),
    steps: await withOrigins(options, { version, settings, told }),
    now: await compareWithNow(options, call, { settings, told }),
  }
}

async function explainVersion(
  { provenance, versionOf }: WhyOptions,
  call: CallRecord,
  isKept: boolean,
): Promise<WhyVersion> {
  const { version, rollout, startedAt } = call
  const step = version === '' ? null : await provenance.step(version)
  const shared = rollout === null ? null : await provenance.shareAt(rollout, startedAt)
  const share = shared?.share ?? null
  const candidate = rollout === null ? null : versionOf(rollout)
  return { version, step, says: sayVersion(call, share, candidate), share, isKept }
}

function sayVersion(call: CallRecord, share: number | null, candidate: string | null): string {
  const { version, role, cohort, unit } = call
  if (version === '') return 'no settings were in force yet'
  if (role === null) return `${version} was in force, for everybody`
  const among = share === null ? 'a share of' : `${percent(share)} of`
  const split = `${among} the traffic${unit === null ? '' : `, by ${unit}`}`
  const drawn = cohort === null ? '' : `: ${sayUnit(call)} falls on ${cohort} of 10000`
  const bound = cohort === null || share === null ? '' : sayBound(role, Math.round(share * 10_000))
  return role === 'candidate'
    ? `${version} was on trial with ${split}${drawn}${bound}`
    : `${version} was in force, while ${candidate ?? 'another'} was on trial with ${split}${drawn}${bound}`
}

function sayBound(role: 'candidate' | 'current', bound: number): string {
  return role === 'candidate' ? `, below ${bound}` : `, not below ${bound}`
}

function sayUnit({ unit, tenant, key }: CallRecord): string {
  if (unit === 'tenant') return `tenant ${tenant ?? ''}`
  if (unit === 'key') return `key ${key ?? ''}`
  return unit === 'session' ? 'its session' : 'this request'
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`
}

interface Told {
  readonly version: string
  readonly settings: SettingsTree | null
  readonly told: readonly DecidingStep[]
}

async function withOrigins(
  { provenance }: WhyOptions,
  { version, settings, told }: Told,
): Promise<readonly WhyStep[]> {
  const pointers = [...new Set(told.flatMap((it) => it.pointers))]
  const found = settings === null ? new Map() : await provenance.originsOf(version, settings, pointers)
  return told.map(({ about, says, pointers }) => ({
    about,
    says,
    values: pointers.flatMap((pointer): DecidingValue[] => {
      const origin: ValueOrigin | undefined = found.get(pointer)
      const value = settings === null ? undefined : valueAt(settings, pointer)
      return origin === undefined || value === undefined ? [] : [{ pointer, value, origin }]
    }),
  }))
}

async function compareWithNow(
  options: WhyOptions,
  call: CallRecord,
  { settings, told }: Omit<Told, 'version'>,
): Promise<WhyNow | null> {
  const now = options.inForce()
  if (now === null) return null
  const { version } = now
  if (version === call.version) return { version, says: 'the same version is in force', changes: [] }
  if (settings === null) {
    return { version, says: `${version} is in force; what is different cannot be said`, changes: [] }
  }
  const decided = [...told, ...tellStory(call, now.settings)].flatMap((it) => it.pointers)
  const found = changes(settings, now.settings).filter((it) => touches(decided, it.pointer))
  const sentences = options.describe(settings, now.settings, found)
  const asked = sentences.flatMap(({ pointers: [first] }) => first ?? [])
  const origins = await options.provenance.originsOf(version, now.settings, asked)
  const differing = sentences.map(({ text, pointers }): ChangedValue => {
    const [first] = pointers
    return { says: text, pointers, origin: first === undefined ? null : (origins.get(first) ?? null) }
  })
  return { version, says: `${version} is in force; ${sayDiffering(differing.length)}`, changes: differing }
}

function sayDiffering(count: number): string {
  if (count === 0) return 'nothing that decided is different'
  return `of what decided, ${count === 1 ? 'one thing is' : `${count} things are`} different`
}
