/** Where in a cloud a model is served, and with which keys requests are signed: fields that others name otherwise. */
import type { ProviderSettings } from '../contract/settings.ts'
import { type OldFields, textIn } from './old-fields.ts'
import { referenceTo, type SettingsDraft } from './settings-draft.ts'

export interface PlaceFields {
  readonly region: string
  readonly project: string
  readonly accessKey: string
  readonly secretKey: string
}

/** Only what the kind has. What it needs and the old file left to the environment is noted. */
export function cloudPlace(
  draft: SettingsDraft,
  kind: ProviderSettings['kind'],
  it: { readonly fields: OldFields; readonly names: PlaceFields; readonly at: string },
): Partial<ProviderSettings> {
  if (kind !== 'bedrock' && kind !== 'vertex') return {}
  const { fields, names, at } = it
  const region = textIn(fields[names.region]) ?? missing(draft, `${at}${names.region}`, 'region')
  if (kind === 'vertex') {
    const project = textIn(fields[names.project]) ?? missing(draft, `${at}${names.project}`, 'project')
    const credential = '${env:GOOGLE_APPLICATION_CREDENTIALS_JSON}'
    draft.note(
      'to do',
      at.replace(/\.$/, ''),
      'put the JSON of a service account into the environment as GOOGLE_APPLICATION_CREDENTIALS_JSON',
    )
    return { region, project, credential }
  }
  const key = (name: string, variable: string): string =>
    fields[name] === undefined
      ? `\${env:${variable}}`
      : referenceTo(draft, { value: fields[name], at: `${at}${name}`, variable })
  return {
    region,
    aws: {
      accessKeyId: key(names.accessKey, 'AWS_ACCESS_KEY_ID'),
      secretAccessKey: key(names.secretKey, 'AWS_SECRET_ACCESS_KEY'),
    },
  }
}

function missing(draft: SettingsDraft, at: string, what: string): string {
  draft.note(
    'to do',
    at,
    `the file names no ${what}: it is needed here, and "${what}-to-be-named" stands for it`,
  )
  return `${what}-to-be-named`
}
