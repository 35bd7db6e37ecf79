/** What `/v1/trust` and a version's envelope look like. */
import { z } from '@hono/zod-openapi'

const keyid = z.string().describe('`sha256:` and the digest of the public key')
const instant = z.string().describe('RFC 3339')

export const TrustRole = z
  .object({ keyids: z.array(keyid).readonly(), threshold: z.number().int() })
  .openapi('TrustRole')

export const ApprovalRule = z
  .object({ threshold: z.number().int(), roles: z.array(z.string()).readonly().optional() })
  .openapi('SignatureRule')

export const TrustRoot = z
  .object({
    version: z.number().int().describe('grows by one from root to root'),
    digest: z.string(),
    issuedAt: instant,
    expires: instant.describe('from then on nothing new is taken, until another root follows'),
    isExpired: z.boolean(),
    owners: z.record(keyid, z.string()).describe('who holds a key, as authors are called'),
    roles: z.record(z.string(), TrustRole),
    approvals: z
      .record(z.string(), ApprovalRule)
      .describe('what others must have signed, by kind of setting'),
  })
  .openapi('TrustRoot')

export const Stale = z.object({ reason: z.enum(['age', 'root_expired']), since: instant }).openapi('Stale')

export const Trust = z
  .object({
    root: z.union([TrustRoot, z.null()]).describe('`null` where unsigned settings are taken'),
    stale: z.union([Stale, z.null()]),
  })
  .openapi('Trust')

export const RootAnswer = z
  .object({
    outcome: z.enum(['accepted', 'unchanged']),
    version: z.number().int(),
    digest: z.string(),
    traceId: z.string(),
    expires: instant.optional(),
    keyids: z.array(keyid).readonly().optional().describe('whose signatures counted'),
    added: z.array(keyid).readonly().optional(),
    removed: z.array(keyid).readonly().optional(),
    withdrawn: z
      .string()
      .nullable()
      .optional()
      .describe('the version on trial, when it was taken back for it'),
    unvouched: z
      .array(z.string())
      .readonly()
      .optional()
      .describe(
        'versions in service that the new root does not speak for: they would not serve after a restart',
      ),
  })
  .openapi('RootAnswer')

export const SignedVersion = z
  .object({
    version: z.string(),
    digest: z.string(),
    envelope: z.string().describe('DSSE, JSON: the manifest with the signatures that speak for it'),
    restores: z
      .string()
      .optional()
      .describe('the version whose signatures these are, when this one restores it'),
  })
  .openapi('SignedVersion')
