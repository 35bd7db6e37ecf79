/** What is wrong with settings is told without a gateway, with the place of each mistake. */
import { describe, expect, it } from 'vitest'
import { checkSettingsText } from './look-at-settings.ts'

describe('settings looked at without a gateway', () => {
  it('have guards that cannot be compiled told with line and column, all at once', async () => {
    const text = [
      'guardrails:',
      '  house:',
      '    guards:',
      '      - kind: regex',
      '        action: block',
      '        patterns:',
      '          - fine',
      '          - (?=a)b',
      '      - kind: jsonSchema',
      '        action: block',
      '        schema: { type: nothing }',
      '      - kind: deny',
      '        action: block',
      '        words: [fine, "\\u200b \\u00ad"]',
      'routes:',
      '  chat: { targets: [{ model: nobody }] }',
    ].join('\n')
    const issues = await checkSettingsText(Buffer.from(text), 'changeover.yaml')
    expect(issues.map(({ pointer, place }) => [pointer, place?.line, place?.column])).toEqual(
      expect.arrayContaining([
        ['/routes/chat/targets/0/model', 16, expect.any(Number)],
        ['/guardrails/house/guards/0/patterns/1', 8, 13],
        ['/guardrails/house/guards/1/schema', 11, 9],
        ['/guardrails/house/guards/2/words/1', 14, 23],
      ]),
    )
    expect(issues).toHaveLength(4)
  })
})
