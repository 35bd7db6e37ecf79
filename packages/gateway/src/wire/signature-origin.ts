/**
 * Who signed a thought. A provider takes back only signatures of its own making and refuses a conversation with any
 * other, so one that moves between providers must not carry a signature to where it proves nothing.
 *
 * A signature that goes out in another format than the one it came in is marked with that format; one that goes out
 * in its own is left alone, so what has no mark is of the caller's format. Where a signature does not belong it is left
 * out, and the thought with it where it was nothing but its signature.
 *
 * The mark is eight characters of base64 before the signature: some clients decode it, and what they send back is then
 * the same text. Claude signs alike wherever it runs.
 *
 * Not here: what a writer does with a thought that nobody signed.
 */
import type { NeutralDelta, NeutralMessage, NeutralPart, NeutralRequest } from '../contract/neutral.ts'
import type { WireName } from '../contract/wire.ts'

/** Six bytes in base64: `CHOv1` and a letter for whoever signed. */
const MARK = 'Q0hPdj'
const SIGNERS: Readonly<Partial<Record<WireName, string>>> = {
  'anthropic-messages': 'FD',
  'bedrock-converse': 'FD',
  gemini: 'FH',
  'openai-chat': 'FP',
  'openai-responses': 'FS',
}
const MARK_BYTES = Buffer.from(MARK)
const MARK_LENGTH = 8

/** Whether a body may carry a signature that is not of its own format. Searches, and parses nothing. */
export function mayCarryMarks(body: Buffer): boolean {
  return body.includes(MARK_BYTES)
}

/** For a delta of a reply that is written in another format than it came in. */
export function markSigner(delta: NeutralDelta, wire: WireName): NeutralDelta {
  if (delta.type === 'reasoning_end') {
    const { signature, redacted } = delta
    if (signature === undefined && redacted === undefined) return delta
    return {
      ...delta,
      ...(signature !== undefined && { signature: mark(signature, wire) }),
      ...(redacted !== undefined && { redacted: mark(redacted, wire) }),
    }
  }
  if ((delta.type !== 'tool_call' && delta.type !== 'text') || delta.signature === undefined) return delta
  return { ...delta, signature: mark(delta.signature, wire) }
}

export interface Claimed {
  readonly request: NeutralRequest
  /** Signatures that were left out. */
  readonly dropped: number
}

/** The request with those signatures that `target` has made, as it made them. */
export function claimSignatures(request: NeutralRequest, caller: WireName, target: WireName): Claimed {
  const isForeign = signerOf(caller) !== signerOf(target)
  if (!request.messages.some((it) => it.parts.some((part) => isSigned(part)))) return { request, dropped: 0 }
  let dropped = 0
  const claim = (signature: string): string | undefined => {
    const signer = signature.startsWith(MARK) ? signature.slice(MARK.length, MARK_LENGTH) : null
    if (signer === null ? !isForeign : signer === signerOf(target))
      return signer === null ? signature : signature.slice(MARK_LENGTH)
    dropped += 1
    return undefined
  }
  const messages = request.messages.map((it): NeutralMessage => {
    if (!it.parts.some(isSigned)) return it
    return { ...it, parts: it.parts.flatMap((part) => claimPart(part, claim)) }
  })
  return { request: { ...request, messages }, dropped }
}

type Claim = (signature: string) => string | undefined

/** How texts carry theirs, in the one format that signs texts. */
const OF_TEXT = '$thoughtSignature'

function isSigned(part: NeutralPart): boolean {
  if (part.type === 'reasoning') return part.signature !== undefined || part.redacted !== undefined
  if (part.type === 'tool_call') return part.signature !== undefined
  return part.type === 'text' && typeof part.extra?.[OF_TEXT] === 'string'
}

function claimPart(part: NeutralPart, claim: Claim): NeutralPart[] {
  if (!isSigned(part)) return [part]
  if (part.type === 'reasoning') return claimThought(part, claim)
  if (part.type === 'tool_call') {
    const { signature, ...rest } = part
    const claimed = claim(signature ?? '')
    return [claimed === undefined ? rest : { ...rest, signature: claimed }]
  }
  if (part.type !== 'text') return [part]
  const { [OF_TEXT]: signature, ...others } = part.extra ?? {}
  const claimed = claim(String(signature))
  return [{ ...part, extra: claimed === undefined ? others : { ...others, [OF_TEXT]: claimed } }]
}

function claimThought(part: Extract<NeutralPart, { type: 'reasoning' }>, claim: Claim): NeutralPart[] {
  const { signature, redacted, ...rest } = part
  const proof = signature === undefined ? undefined : claim(signature)
  const hidden = redacted === undefined ? undefined : claim(redacted)
  if (proof === undefined && hidden === undefined && part.text === '') return []
  return [
    {
      ...rest,
      ...(proof !== undefined && { signature: proof }),
      ...(hidden !== undefined && { redacted: hidden }),
    },
  ]
}

/** One that has been marked already keeps its first mark. */
function mark(signature: string, wire: WireName): string {
  const signer = signerOf(wire)
  return signer === undefined || signature === '' || signature.startsWith(MARK)
    ? signature
    : `${MARK}${signer}${signature}`
}

function signerOf(wire: WireName): string | undefined {
  return SIGNERS[wire]
}
