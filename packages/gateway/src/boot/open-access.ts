/**
 * Who may what, put together: the desk where changes wait, and the gate in front of the admin API. Both look at the
 * version in force each time they are asked.
 */
import type { Clock, Reloader, Telemetry } from '@changeover/reload'
import { type ApprovalDesk, createApprovalDesk } from '../access/approval-desk.ts'
import type { CompiledAccess } from '../access/compile-access.ts'
import { createGate } from '../access/gate.ts'
import { createOidcVerifier } from '../access/oidc.ts'
import type { Identify } from '../contract/access.ts'
import type { AdminAccess } from '../control/rooms.ts'

export interface OpenAccess extends AdminAccess {
  readonly desk: ApprovalDesk
  /** The gate, once it is known what the owner's token is. */
  gate(ownerToken: string): Identify
}

export function openAccess(
  { clock, telemetry }: { readonly clock: Clock; readonly telemetry: Telemetry },
  reloader: () => Pick<Reloader<{ readonly access: CompiledAccess }>, 'current'>,
): OpenAccess {
  const inForce = (): CompiledAccess | null => reloader().current()?.parts.access ?? null
  // Anybody may send a token: what is wrong with it is for whoever looks for it.
  const refused = (message: string, error: unknown): void =>
    telemetry.logger.log({ level: 'debug', room: 'access', message, error })
  const oidc = createOidcVerifier({ clock, refused })
  return {
    inForce,
    desk: createApprovalDesk({ clock, access: inForce }),
    gate: (ownerToken) => createGate({ ownerToken, clock, oidc, access: inForce }),
  }
}
