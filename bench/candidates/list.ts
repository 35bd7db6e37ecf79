/** Every candidate, in the order of the report. A new one is a file beside this and a line here. */
import type { Candidate } from './candidate.ts'
import { changeover } from './changeover.ts'
import { direct } from './direct.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'
import { portkey } from './portkey.ts'

export const candidates: readonly Candidate[] = [direct, haproxy, nginx, changeover, portkey]
