/**
 * Forms with files (`multipart/form-data`, RFC 7578), as far as the gateway has to know them: which model they name,
 * and how to name another. All other bytes stay as they came.
 *
 * Not here: a form that is larger than a request may be; it was refused before.
 */
import { GatewayError } from '../errors.ts'
import { inputShape } from './body-shapes.ts'
import { unexpected } from './fields.ts'
import { RequestBody } from './request-body.ts'

const HEAD_END = Buffer.from('\r\n\r\n')
/** Heads of parts are a name, a type and a file's name. */
const LARGEST_HEAD = 4096
const LONGEST_MODEL = 1024

export class FormBody extends RequestBody {
  override readonly bytes: Buffer
  readonly #from: number
  readonly #to: number

  /** Throws `request.field` for a form without a model, `request.not_form` for what is none. */
  constructor(bytes: Buffer, contentType: string) {
    const { from, to } = findModel(bytes, boundaryOf(contentType))
    super(Buffer.from(JSON.stringify({ model: bytes.toString('utf8', from, to) })), inputShape)
    this.bytes = bytes
    this.#from = from
    this.#to = to
  }

  withModel(model: string): Buffer {
    return Buffer.concat([
      this.bytes.subarray(0, this.#from),
      Buffer.from(model),
      this.bytes.subarray(this.#to),
    ])
  }
}

function boundaryOf(contentType: string): Buffer {
  const match = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  const boundary = match?.[1] ?? match?.[2]
  if (boundary === undefined) throw new GatewayError('request.not_form', { reason: 'it names no boundary' })
  return Buffer.from(`\r\n--${boundary}`)
}

/** Where the value of the field `model` stands. Twice it could mean one model here and another there. */
function findModel(bytes: Buffer, boundary: Buffer): { readonly from: number; readonly to: number } {
  const first = boundary.subarray(2)
  if (!bytes.subarray(0, first.length).equals(first)) {
    throw new GatewayError('request.not_form', { reason: 'it does not begin with its boundary' })
  }
  let found: { readonly from: number; readonly to: number } | null = null
  let at = first.length
  while (bytes.toString('latin1', at, at + 2) === '\r\n') {
    const headEnd = bytes.indexOf(HEAD_END, at)
    const end = headEnd === -1 ? -1 : bytes.indexOf(boundary, headEnd + 2)
    if (end === -1 || headEnd - at > LARGEST_HEAD) {
      throw new GatewayError('request.not_form', { reason: 'a part of it does not end' })
    }
    if (isModel(bytes.toString('latin1', at, headEnd))) {
      if (found !== null) throw new GatewayError('request.not_form', { reason: 'it names two models' })
      found = { from: headEnd + HEAD_END.length, to: end }
    }
    at = end + boundary.length
  }
  if (found === null || found.to - found.from > LONGEST_MODEL) throw unexpected('model', undefined, 'a field')
  return found
}

function isModel(head: string): boolean {
  const disposition = /\r\ncontent-disposition:[^\r\n]*/i.exec(head)?.[0] ?? ''
  return /;\s*name="?model"?\s*(?:;|$)/i.test(disposition)
}
