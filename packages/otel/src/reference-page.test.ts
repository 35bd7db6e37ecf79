import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { attributeNames } from './attribute-names.ts'
import { instruments } from './instruments.ts'
import { eventNames, spanNames } from './names.ts'
import { referencePage } from './reference-page.ts'

const PAGE = resolve(import.meta.dirname, '../../../docs/reference/telemetry.md')
/** Namespaces of OpenTelemetry whose attributes are used as they are. */
const STANDARD = /^(?:http|url|server|gen_ai|db|user|error|exception|deployment|artifact|vcs)\./

describe('the reference page', () => {
  it('says what the tables say', async () => {
    await expect(referencePage()).toMatchFileSnapshot(PAGE)
  })
})

describe('the tables', () => {
  it('name everything once', () => {
    for (const table of [spanNames, eventNames, attributeNames, instruments]) {
      const names = table.map((it) => it.name)
      expect(names).toEqual([...new Set(names)])
    }
  })

  it('explain every attribute that a span or a metric carries, unless it is a standard one', () => {
    const explained = new Set(attributeNames.map((it) => it.name))
    const carried = [...spanNames, ...instruments].flatMap((it) => it.attributes)
    expect(carried.filter((it) => !explained.has(it) && !STANDARD.test(it))).toEqual([])
  })

  it('keep the names of the articles', () => {
    const articles = [
      'reload.trigger',
      'reload.config_version',
      'reload.status',
      'reload.duration_ms',
      'reload.changed_parameters',
      'event.type',
      'config.version',
      'config.changed_parameters',
      'routing.rule_changed',
      'context.schema_version',
    ]
    const names = attributeNames.map((it) => it.name)
    expect(articles.filter((it) => !names.includes(it))).toEqual([])
    const spans = spanNames.map((it) => it.name)
    expect(['context.read', 'context.migrate', 'context.write'].filter((it) => !spans.includes(it))).toEqual(
      [],
    )
  })

  it('give histograms buckets that rise', () => {
    for (const { buckets } of instruments.filter((it) => it.kind === 'histogram')) {
      expect(buckets).toEqual([...new Set(buckets)].sort((a, b) => a - b))
    }
  })
})
