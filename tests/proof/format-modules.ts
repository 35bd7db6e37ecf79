/** The engine's own format room, for tests that seal payloads as a publisher would. */
import * as digest from '../../packages/reload/src/format/digest.ts'
import * as envelope from '../../packages/reload/src/format/envelope.ts'
import * as manifest from '../../packages/reload/src/format/manifest.ts'
import * as seal from '../../packages/reload/src/format/seal.ts'
import type { FormatModules } from './publisher.ts'

export const formatModules: FormatModules = { digest, envelope, manifest, seal }
