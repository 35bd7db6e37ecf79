/** `/v1/trust`: whose signatures count, a new root, and what was signed of a version. */
import {
  MANIFEST_TYPE,
  type Reloader,
  ROOT_ENVELOPE_TYPE,
  type RootReceipt,
  readManifest,
  treeDigest,
  writeSigned,
} from '@changeover/reload'
import { createRoute, z } from '@hono/zod-openapi'
import { GatewayError } from '../../errors.ts'
import { type AdminApp, json, originOf, rawBody, readBytes, refusal } from '../app.ts'
import { problem } from '../problem.ts'
import type { AdminRooms } from '../rooms.ts'
import { sendProblem } from '../send-problem.ts'
import { RootAnswer, SignedVersion, Trust } from '../trust-schemas.ts'

const show = createRoute({
  method: 'get',
  path: '/v1/trust',
  operationId: 'readTrust',
  summary: 'The root in force: which keys may do what, and until when',
  responses: { 200: json(Trust, 'The root'), default: refusal },
})

const update = createRoute({
  method: 'post',
  path: '/v1/trust',
  operationId: 'updateTrust',
  summary: 'Offer the next root, signed by enough root keys of the one in force and of its own',
  description:
    'Written down before it is in force, and in force for every payload that has not reached its swap. A list of roots, ' +
    'each signed for by the one before, is taken too.',
  request: { query: z.object({ reason: z.string().max(500).optional() }) },
  ...rawBody('a signed root', [ROOT_ENVELOPE_TYPE, 'application/json']),
  responses: { 200: json(RootAnswer, 'In force, or in force already'), default: refusal },
})

const envelope = createRoute({
  method: 'get',
  path: '/v1/versions/{version}/envelope',
  operationId: 'readEnvelope',
  summary: 'A version as it was signed; without signatures where none came with it',
  request: { params: z.object({ version: z.string() }) },
  responses: { 200: json(SignedVersion, 'The envelope'), default: refusal },
})

export function addTrustRoutes(app: AdminApp, { reloader }: AdminRooms): void {
  app.openapi(show, (c) => {
    const { root, stale } = reloader.status()
    return c.json({ root, stale }, 200)
  })
  app.openapi(update, async (c) => {
    const receipt = await reloader.trust(await readBytes(c), originOf(c))
    // The routes describe refusals as their default response, which the type of `json` cannot say.
    if (receipt.outcome === 'refused') return sendProblem(problemOfRoot(receipt)) as never
    return c.json({ ...receipt, version: receipt.version ?? 0 }, 200)
  })
  app.openapi(envelope, async (c) => c.json(await signedVersion(reloader, c.req.valid('param').version), 200))
}

function problemOfRoot({ code, message, issues, retry, traceId }: RootReceipt & { outcome: 'refused' }) {
  return problem(code, message, { retry, traceId, issues })
}

/** With the signatures of the version that first held the same, where it has none of its own. */
async function signedVersion(reloader: Reloader<unknown>, version: string) {
  const ref = reloader.line().find((it) => it.version === version)
  const own = await reloader.manifest(version)
  if (ref === undefined || own === null)
    throw new GatewayError('control.not_found', { what: `version "${version}"` })
  const { proof, digest } = ref
  const signed = proof === undefined || proof.digest === digest ? own : await reloader.manifest(proof.version)
  const isSame = signed !== null && (signed === own || isSameTree(signed, own))
  const body = isSame && signed !== null ? signed : own
  const signatures = isSame ? (proof?.signatures ?? []) : []
  const text = new TextDecoder().decode(writeSigned({ body, signatures }, MANIFEST_TYPE))
  const restored = isSame && signed !== own ? { restores: proof?.version ?? version } : {}
  return { version, digest, envelope: text, ...restored }
}

function isSameTree(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [a, b].map((it) => treeDigest(readManifest(it).resources))
  return one === other
}
