/**
 * A root as the command line describes it: roles and their keys, thresholds, owners, approvals, an end; upon an older
 * one, only what is to be different.
 */
import type { RootDocument, TrustRole } from '@changeover/reload'
import { type CommandContext, type OptionSpec, UsageError } from '../command.ts'
import { type PublicKey, readPublicKey } from './key-files.ts'

const DAY_MS = 24 * 3_600_000

export const rootOptions: Readonly<Record<string, OptionSpec>> = {
  role: {
    type: 'string',
    multiple: true,
    value: 'NAME=FILE,…',
    about: 'keys of a role: root, publisher, approver, emergency, or a name for --approve',
  },
  threshold: {
    type: 'string',
    multiple: true,
    value: 'NAME=N',
    about: 'how many keys of a role it takes; default 1',
  },
  owner: {
    type: 'string',
    multiple: true,
    value: 'FILE=NAME',
    about: 'who holds a key, as authors are called, such as user:ann',
  },
  approve: {
    type: 'string',
    multiple: true,
    value: 'KIND=N[:ROLE,…]',
    about: 'settings of this kind (* is any) need N approvals by these roles; default: approver',
  },
  days: { type: 'string', value: 'N', about: 'how long the root is good for; default 365' },
}

/** The root that the options describe, not yet signed. `own` are keys that were made in the same command. */
export async function draftRoot(
  context: CommandContext,
  before: RootDocument | null,
  own: readonly PublicKey[],
): Promise<RootDocument> {
  const files = new Map(own.map((it) => [it.file, it]))
  const keyOf = async (file: string): Promise<PublicKey> =>
    files.get(file) ?? (await readPublicKey(file, context.cwd))
  const keys: Record<string, string> = { ...before?.keys }
  const roles: Record<string, TrustRole> = { ...before?.roles }
  for (const [name, members] of wantedRoles(context, before, own)) {
    const read = await Promise.all(members.map(keyOf))
    for (const it of read) keys[it.keyid] = it.pem
    roles[name] = { keyids: [...new Set(read.map((it) => it.keyid))], threshold: roles[name]?.threshold ?? 1 }
  }
  for (const [name, count] of pairsOf(context, 'threshold'))
    roles[name] = { keyids: roles[name]?.keyids ?? [], threshold: wholeNumber(count, `--threshold ${name}`) }
  const owners: Record<string, string> = { ...before?.owners }
  for (const [file, name] of pairsOf(context, 'owner')) owners[(await keyOf(file)).keyid] = name
  const used = new Set(Object.values(roles).flatMap((it) => it.keyids))
  const days = wholeNumber(context.text('days') ?? '365', '--days')
  const kept = <T>(all: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(all).filter(([keyid]) => used.has(keyid)))
  return {
    apiVersion: 'trust/v1',
    kind: 'TrustRoot',
    version: (before?.version ?? 0) + 1,
    issuedAt: new Date(context.now()).toISOString(),
    expires: new Date(context.now() + days * DAY_MS).toISOString(),
    keys: kept(keys),
    owners: kept(owners),
    roles: roles as RootDocument['roles'],
    approvals: { ...before?.approvals, ...approvalsOf(context) },
  }
}

/** Where nothing is said, the keys that are made are everything: one person, one key. */
function wantedRoles(
  context: CommandContext,
  before: RootDocument | null,
  own: readonly PublicKey[],
): readonly (readonly [string, readonly string[]])[] {
  const said = pairsOf(context, 'role').map(([name, list]) => [name, list.split(',')] as const)
  if (said.length > 0 || before !== null || own.length === 0) return said
  const files = own.map((it) => it.file)
  return [
    ['root', files],
    ['publisher', files],
  ]
}

function approvalsOf(context: CommandContext): Record<string, { threshold: number; roles?: string[] }> {
  return Object.fromEntries(
    pairsOf(context, 'approve').map(([kind, rule]) => {
      const [count = '', roles] = rule.split(':', 2)
      const threshold = wholeNumber(count, `--approve ${kind}`)
      return [kind, roles === undefined ? { threshold } : { threshold, roles: roles.split(',') }]
    }),
  )
}

function pairsOf(context: CommandContext, option: string): readonly (readonly [string, string])[] {
  return context.texts(option).map((it) => {
    const at = it.indexOf('=')
    if (at < 1 || at === it.length - 1)
      throw new UsageError(`"--${option} ${it}" has no value, expected ${rootOptions[option]?.value ?? ''}`)
    return [it.slice(0, at), it.slice(at + 1)] as const
  })
}

function wholeNumber(text: string, what: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (value < 1) throw new UsageError(`${what} is "${text}", expected a whole number from 1`)
  return value
}
