/**
 * A new root, offered while everything runs: verified against the one in force, written down, and then in force.
 *
 * In this order, because a root that was in force for a moment and is forgotten by the next start would bring back
 * the keys that it took out. Roots are taken one after the other. Each offer is answered once, and leaves one span,
 * one audit line and one event.
 *
 * What is confirmed goes on serving, whatever the new root says of its signatures: a rotation must not be an outage.
 * The answer names such versions, because after a restart they would not serve. What is still on trial goes back.
 */
import { randomBytes } from 'node:crypto'
import type { Origin } from '../contract/origin.ts'
import type { Json, SettingsTree } from '../contract/payload.ts'
import type { AuditLine } from '../contract/store.ts'
import type { Span } from '../contract/telemetry.ts'
import type { RootDocument, RootReceipt } from '../contract/trust.ts'
import { ReloadError, rules } from '../errors.ts'
import { changedParameters } from '../format/diff.ts'
import { mayPublish, type Trust } from '../format/trust.ts'
import { followed, type RootChain } from '../trust/root-chain.ts'
import { type Core, say } from './core.ts'
import type { Generation } from './live/generation.ts'
import type { Observer } from './observer.ts'
import { actorOf } from './stages/candidate.ts'
import { recordOf } from './trust-in-force.ts'
import { asReloadError } from './work.ts'

interface Asked {
  readonly id: string
  readonly origin: Origin
  readonly span: Span
  readonly before: RootChain | null
}

export class RootOffers {
  private readonly core: Core
  private readonly observer: Pick<Observer, 'regress'>
  private turn: Promise<unknown> = Promise.resolve()

  constructor(core: Core, observer: Pick<Observer, 'regress'>) {
    this.core = core
    this.observer = observer
  }

  /** Takes a signed root, or a list of them. The answer always comes. */
  offer(bytes: Uint8Array, origin: Origin): Promise<RootReceipt> {
    const answer = this.turn.then(() => this.take(bytes, origin))
    this.turn = answer.catch(() => {})
    return answer
  }

  async close(): Promise<void> {
    await this.turn
  }

  private async take(bytes: Uint8Array, origin: Origin): Promise<RootReceipt> {
    const { core } = this
    const before = core.roots.chain
    const asked = { id: `rt_${randomBytes(10).toString('hex')}`, origin, span: spanOf(core, origin), before }
    try {
      if (before === null) throw new ReloadError('trust.fixed', {})
      const after = followed(before, bytes)
      if (after === before) return this.unchanged(asked, before)
      await core.recorder.writeRoot(recordOf(after))
      core.roots.turnTo(after)
      core.freshness.rootChanged()
      return this.accepted(asked, before, after)
    } catch (error) {
      return this.refused(asked, asReloadError(error))
    }
  }

  private unchanged({ span }: Asked, { now }: RootChain): RootReceipt {
    const { version, digest } = now.trust
    span.set({ 'reload.root.version': version, 'reload.status': 'skipped' })
    span.end()
    return { outcome: 'unchanged', version, digest: digest ?? '', traceId: span.context.traceId }
  }

  private accepted(asked: Asked, before: RootChain, after: RootChain): RootReceipt {
    const { core } = this
    const { document, trust, keyids } = after.now
    const { version, digest } = trust
    const withdrawn = this.withdraw(trust)
    const unvouched = [...new Set([core.cell.current, core.cell.baseline])].flatMap((it) =>
      it === null || isVouchedFor(trust, it) ? [] : [it.ref.version],
    )
    asked.span.set({ 'reload.signature.keyids': keyids })
    const changed = changesBetween(before.now.document, document)
    this.end(asked, { event: 'config.trust.accepted', status: 'success', reason: '', to: after, changed })
    for (const it of unvouched) {
      const message = `root ${version} does not speak for version ${it}, which serves: publish one that its keys have signed before the next start`
      say(core.telemetry, 'warn', message, { span: asked.span.context })
    }
    const [was, is] = [before.now.trust.keys, trust.keys]
    return {
      outcome: 'accepted',
      version,
      digest: digest ?? '',
      traceId: asked.span.context.traceId,
      expires: document.expires,
      keyids,
      added: [...is.keys()].filter((it) => !was.has(it)),
      removed: [...was.keys()].filter((it) => !is.has(it)),
      unvouched,
      withdrawn,
    }
  }

  /** What is still on trial goes: it may be what the key was taken out for, and the way back needs nothing. */
  private withdraw(trust: Trust): string | null {
    const { candidate } = this.core.cell
    if (candidate === null || isVouchedFor(trust, candidate)) return null
    const { version } = candidate.ref
    const reason = `root ${trust.version} does not speak for it`
    return this.observer.regress(reason, 'trust') ? version : null
  }

  private refused(asked: Asked, error: ReloadError): RootReceipt {
    const { code, message } = error
    asked.span.fail(code, error)
    this.end(asked, {
      event: 'config.trust.rejected',
      status: 'rejected',
      reason: code,
      to: null,
      changed: [],
    })
    return {
      outcome: 'refused',
      code,
      message,
      issues: error.issues.length > 0 ? error.issues : [{ code, message }],
      version: asked.before?.now.trust.version ?? null,
      traceId: asked.span.context.traceId,
      retry: rules[code].retry,
    }
  }

  private end({ id, origin, span, before }: Asked, ending: Ending): void {
    const { core } = this
    const { event, status, reason, to, changed } = ending
    const at = core.clock.now()
    const trust = to?.now.trust
    const { traceId, spanId } = span.context
    span.set({
      'reload.status': status,
      'reload.reason': reason === '' ? undefined : reason,
      'reload.root.version': trust?.version,
    })
    span.event(event)
    span.end()
    core.audit.add({
      at: new Date(at).toISOString(),
      event,
      attempt: id,
      scope: core.scope,
      who: actorOf(origin),
      trigger: origin.trigger,
      source: origin.source,
      from: nameOf(before),
      to: nameOf(to),
      digest: trust?.digest ?? null,
      status,
      reason,
      changedParameters: changed,
      traceId,
      spanId,
    })
    core.events.tell({ at, attempt: id, state: event, version: null, reason, traceId })
    const message = to === null ? `a root was refused (${reason})` : `${nameOf(to)} is in force`
    core.telemetry.logger.log({
      level: to === null ? 'warn' : 'info',
      room: 'engine',
      message,
      span: span.context,
      eventName: event,
      attributes: { 'event.type': event, 'config.scope': core.scope, 'reload.root.version': trust?.version },
    })
  }
}

interface Ending {
  readonly event: AuditLine['event']
  readonly status: 'success' | 'rejected'
  readonly reason: string
  readonly to: RootChain | null
  readonly changed: readonly string[]
}

function spanOf({ telemetry, scope }: Core, { trace, child, trigger, source, actor }: Origin): Span {
  return telemetry.tracer.start('reload.trust', {
    parent: child === true ? (trace ?? null) : null,
    links: child === true || trace === undefined ? [] : [trace],
    attributes: {
      'reload.trigger': trigger,
      'reload.source': source,
      'reload.scope': scope,
      'user.id': actor,
    },
  })
}

function nameOf(chain: RootChain | null): string | null {
  return chain === null ? null : `root ${chain.now.trust.version}`
}

/** By the key ids of the signatures kept with it, each of which was verified when it came. */
function isVouchedFor(trust: Trust, { facts }: Generation): boolean {
  return mayPublish(trust, facts.proof?.signatures.map((it) => it.keyid) ?? [])
}

/** Where the two differ, as pointers: which keys and roles, never the keys themselves. */
function changesBetween(before: RootDocument, after: RootDocument): readonly string[] {
  const treeOf = (it: RootDocument): SettingsTree => it as unknown as Record<string, Record<string, Json>>
  return changedParameters(treeOf(before), treeOf(after))
}
