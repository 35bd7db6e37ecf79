/**
 * Sizes of real requests: Azure's public trace of 2023 where it lies beside the repository, else log-normal mixtures with
 * the trace's own means and spreads. The skew is what matters, and both have it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from './test-random.ts'

/** One kind of work: pairs of context tokens and generated tokens. */
export type Sizes = Int32Array

export interface Traffic {
  /** Where the sizes come from, for the table. */
  readonly source: string
  /** Of requests that somebody made. */
  readonly isReal: boolean
  /** Completion of code, and conversation. */
  readonly kinds: readonly Sizes[]
}

const folder = join(import.meta.dirname, '../../../../../../shared/data/azure/data')
const FITTED = 20_000

/** Of the trace's logarithms (tokens + 1): mean and deviation of context, then of what was generated. */
const fits = [
  { file: 'AzureLLMInferenceTrace_code.csv', fit: [Math.log(1099), 1.353, Math.log(18), 0.809] },
  { file: 'AzureLLMInferenceTrace_conv.csv', fit: [Math.log(762), 0.98, Math.log(153), 0.851] },
] as const

export function readTraffic(): Traffic {
  if (fits.every(({ file }) => existsSync(join(folder, file)))) {
    return { source: "Azure's trace of 2023", isReal: true, kinds: fits.map(({ file }) => parsed(file)) }
  }
  return fittedTraffic()
}

export function fittedTraffic(): Traffic {
  const kinds = fits.map(({ fit: [context, contextSpread, made, madeSpread] }, kind) => {
    const random = new Random(2023, kind)
    const sizes = new Int32Array(FITTED * 2)
    for (let i = 0; i < FITTED; i += 1) {
      sizes[2 * i] = Math.max(0, Math.round(Math.exp(context + contextSpread * random.normal()) - 1))
      sizes[2 * i + 1] = Math.max(0, Math.round(Math.exp(made + madeSpread * random.normal()) - 1))
    }
    return sizes
  })
  const source = "log-normal mixtures fitted to Azure's trace of 2023, which is not here"
  return { source, isReal: false, kinds }
}

function parsed(file: string): Sizes {
  const rows = readFileSync(join(folder, file), 'utf8').trim().split('\n').slice(1)
  const sizes = new Int32Array(rows.length * 2)
  rows.forEach((row, i) => {
    const [, context = '0', made = '0'] = row.split(',')
    sizes[2 * i] = Number(context)
    sizes[2 * i + 1] = Number(made)
  })
  return sizes
}
