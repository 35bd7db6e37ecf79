import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { features } from '../features.ts'
import { callerKey, writeSettings } from './settings.ts'

describe('the settings of a run', () => {
  const text = writeSettings(12_345)

  it('have 50 routes and 1,000 different keys', () => {
    expect(text.match(/^ {2}(route|feature)-[a-z0-9-]+:/gm)).toHaveLength(49)
    expect(new Set(text.match(/sha256:[0-9a-f]{64}/g)).size).toBe(1_000)
  })

  it('have a route for each feature that is measured', () => {
    for (const { name } of features) expect(text).toContain(`\n  feature-${name}:`)
  })

  it('name the mock provider and nothing that the benchmark should have replaced', () => {
    expect(text).toContain('http://127.0.0.1:12345/v1')
    expect(text).not.toContain(':9000')
    expect(text).not.toContain('# further')
  })

  it("know the caller's key by its hash", () => {
    expect(text).toContain(createHash('sha256').update(callerKey).digest('hex'))
    expect(text.match(/bench-key-of-the-caller/g)).toHaveLength(1)
  })
})
