/**
 * Whether a token is what an issuer signed, for us, now. How it may be signed comes from the settings and never from the
 * token, so `none` and shared keys are out. A token must expire.
 *
 * `jose` is loaded when the first token comes: a gateway without identity providers does without.
 */
import { isPointer, stepsOf } from '@changeover/reload'
import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import type { SignatureAlgorithm } from '../contract/access.ts'

export interface TokenRules {
  readonly issuer: string
  readonly audience: string
  readonly algorithms: readonly SignatureAlgorithm[]
  readonly clockSkewMs: number
}

export interface VerifyOptions {
  readonly keys: JWTVerifyGetKey
  /** Wall milliseconds. */
  readonly nowMs: number
}

/** Throws what was wrong with it, for a log and not for whoever sent it. */
export async function verifyToken(
  token: string,
  rules: TokenRules,
  { keys, nowMs }: VerifyOptions,
): Promise<JWTPayload> {
  const { jwtVerify } = await import('jose')
  const { payload } = await jwtVerify(token, keys, {
    issuer: rules.issuer,
    audience: rules.audience,
    algorithms: [...rules.algorithms],
    clockTolerance: rules.clockSkewMs / 1_000,
    currentDate: new Date(nowMs),
    requiredClaims: ['exp'],
  })
  return payload
}

/** A claim by its name, or by a JSON pointer such as `/realm_access/roles`; `undefined` where there is none. */
export function claimAt(payload: object, claim: string): unknown {
  const steps = claim.startsWith('/') && isPointer(claim) ? stepsOf(claim) : [claim]
  return steps.reduce<unknown>((here, step) => {
    const holds = typeof here === 'object' && here !== null && Object.hasOwn(here, step)
    return holds ? (here as Readonly<Record<string, unknown>>)[step] : undefined
  }, payload)
}
