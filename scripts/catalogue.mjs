#!/usr/bin/env node
/**
 * Writes the catalogue of models that ships with the gateway from a checkout of models.dev: what models cost, how
 * long they may be asked and may answer, and in which form. Facts only; their texts stay there.
 *
 *     npm run catalogue -- --from ../models.dev
 *
 * One entry a line, sorted, so that a difference between two lists reads as a list of what has changed.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parse } from 'smol-toml'
import { readOptions } from './parts/options.mjs'
import { root, ScriptError } from './parts/repository.mjs'
import { runMain } from './parts/run.mjs'

/** Their folder to our kind of provider. */
const kinds = {
  'amazon-bedrock': 'bedrock',
  anthropic: 'anthropic',
  azure: 'azure',
  cerebras: 'cerebras',
  cohere: 'cohere',
  deepseek: 'deepseek',
  'fireworks-ai': 'fireworks',
  google: 'gemini',
  'google-vertex': 'vertex',
  groq: 'groq',
  mistral: 'mistral',
  openai: 'openai',
  openrouter: 'openrouter',
  perplexity: 'perplexity',
  togetherai: 'together',
  xai: 'xai',
}

const target = 'packages/gateway/src/catalogue/shipped.json'

function modelFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile() && it.name.endsWith('.toml'))
    .map((it) => join(it.parentPath, it.name))
}

/** A model may be another provider's with some things different. */
function readModel(providers, path) {
  const own = parse(readFileSync(path, 'utf8'))
  if (own.base_model === undefined) return own
  const [provider, ...rest] = own.base_model.split('/')
  const basePath = join(providers, provider, 'models', `${rest.join('/')}.toml`)
  // Some name what stands outside the providers, and which holds nothing of what is wanted here.
  if (!existsSync(basePath) || basePath === path) return own
  const base = structuredClone(readModel(providers, basePath))
  for (const omitted of own.base_model_omit ?? []) remove(base, omitted.split('.'))
  return merge(base, own)
}

function remove(tree, [step, ...rest]) {
  if (tree === undefined || step === undefined) return
  if (rest.length === 0) delete tree[step]
  else remove(tree[step], rest)
}

function merge(base, own) {
  const merged = { ...base }
  for (const [key, value] of Object.entries(own)) {
    const both = isTable(value) && isTable(base[key])
    merged[key] = both ? merge(base[key], value) : value
  }
  return merged
}

const isTable = (it) => typeof it === 'object' && it !== null && !Array.isArray(it)

function toEntry({ limit = {}, modalities = {}, cost, experimental }, name) {
  return clean({
    contextTokens: limit.context || undefined,
    outputTokens: limit.output || undefined,
    takes: modalities.input,
    gives: modalities.output,
    prices:
      cost === undefined || (!cost.input && !cost.output)
        ? undefined
        : [{ ...toPrice(cost, name), services: toServices(cost, experimental, name) }].map(clean),
  })
}

function toPrice(cost, name) {
  const above = (cost.tiers ?? [])
    .filter((it) => it.tier?.size !== undefined)
    .map((it) => ({ tokens: it.tier.size, ...toAmounts(it, name) }))
  return clean({ ...toAmounts(cost, name), above: above.length === 0 ? undefined : above })
}

function toAmounts(cost, name) {
  return clean({
    input: cost.input ?? 0,
    output: cost.output ?? 0,
    cachedInput: cost.cache_read,
    cacheWrite: cost.cache_write,
    cacheWriteHour: hourOf(cost, name),
    inputAudio: cost.input_audio,
    outputAudio: cost.output_audio,
    reasoning: cost.reasoning,
  })
}

/** Anthropic sells writing for minutes at 1.25 times the input and for an hour at twice; only the first is in the list. */
function hourOf({ input, cache_write: write }, name) {
  const isClaude = name.includes('claude') && Math.abs(write - input * 1.25) < 1e-9
  return isClaude ? exact(input * 2) : undefined
}

/** What providers take for everything when they serve a call otherwise; the list has the dear ones, as modes of a model. */
const knownServices = { openai: { flex: 0.5 }, anthropic: { batch: 0.5 } }

function toServices(cost, experimental, name) {
  const services = { ...knownServices[name.split('/')[0]] }
  for (const mode of Object.values(experimental?.modes ?? {})) {
    const { service_tier: tier, speed } = mode.provider?.body ?? {}
    const factor = factorOf(cost, mode.cost)
    if (factor !== null && (tier ?? speed) !== undefined) services[tier ?? speed] = factor
  }
  return Object.keys(services).length === 0 ? undefined : services
}

/** `null` where not all amounts are the same times as much. */
function factorOf(cost, mode = {}) {
  const factors = ['input', 'output', 'cache_read', 'cache_write']
    .filter((it) => mode[it] && cost[it])
    .map((it) => exact(mode[it] / cost[it]))
  const [first] = factors
  // A factor that is not round is of another price list, as for a region where all is dearer.
  return first !== undefined && first === Number(first.toFixed(2)) && factors.every((it) => it === first)
    ? first
    : null
}

/** Without what binary fractions add. */
const exact = (amount) => Number(amount.toFixed(6))

const clean = (it) => Object.fromEntries(Object.entries(it).filter(([, value]) => value !== undefined))

function readCatalogue(providers) {
  const entries = []
  for (const [folder, kind] of Object.entries(kinds)) {
    const models = join(providers, folder, 'models')
    if (!existsSync(models)) throw new ScriptError(`there is no ${models}`)
    for (const path of modelFiles(models)) {
      const name = relative(models, path).slice(0, -'.toml'.length)
      const entry = toEntry(readModel(providers, path), `${kind}/${name}`)
      if (Object.keys(entry).length > 0) entries.push([`${kind}/${name}`, entry])
    }
  }
  return entries.sort(([a], [b]) => (a < b ? -1 : 1))
}

await runMain(async (args) => {
  const { from } = readOptions(args, {
    usage: `npm run catalogue -- --from PATH

  --from PATH   a checkout of models.dev; its models and prices become ${target}`,
    options: { from: { type: 'string' } },
  })
  if (from === undefined) throw new ScriptError('--from PATH: a checkout of models.dev is needed')
  const entries = readCatalogue(join(from, 'providers'))
  const lines = entries.map(([name, entry]) => `  ${JSON.stringify(name)}: ${JSON.stringify(entry)}`)
  writeFileSync(join(root, target), `{\n${lines.join(',\n')}\n}\n`)
  console.log(`${target}: ${entries.length} models`)
})
