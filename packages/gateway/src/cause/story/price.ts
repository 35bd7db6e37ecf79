/** What a call cost, and whose price that was. */
import { pointTo, type SettingsTree } from '@changeover/reload'
import { valueAt } from '../values.ts'
import { fieldOf, modelOf, type TellStep, textOf } from './step.ts'

export const tellPrice: TellStep = (call, settings) => {
  const { costMicroUsd, pricedBy, target } = call
  if (costMicroUsd === null || target === null) return null
  const entry = entryOf(target, settings)
  const cost = `$${(costMicroUsd / 1e6).toFixed(6)}`
  const counted = `${call.inputTokens ?? '?'} tokens in, ${call.outputTokens ?? '?'} out`
  const tokens = call.estimated === true ? `${counted}, estimated` : counted
  const whose =
    pricedBy === 'settings' ? 'prices of the settings' : 'prices of the catalogue that ships with the gateway'
  const at = entry === null ? null : pointTo('/catalogue', entry)
  return {
    about: 'price',
    says: `${cost} for ${tokens}, by the ${whose}${entry === null ? '' : ` for ${entry}`}`,
    pointers: at === null || valueAt(settings, at) === undefined ? [] : [pointTo(at, 'prices')],
  }
}

/** The name that the catalogue knows a target's model by; `null` when its settings are not known. */
function entryOf(target: string, settings: SettingsTree): string | null {
  const name = modelOf(target)
  const model = settings['models']?.[name]
  const provider = settings['providers']?.[target.slice(0, target.indexOf('/'))]
  const kind = textOf(fieldOf(provider, 'kind'))
  const byId = kind === null ? null : `${kind}/${textOf(fieldOf(model, 'model')) ?? name}`
  return textOf(fieldOf(model, 'catalogue')) ?? byId
}
