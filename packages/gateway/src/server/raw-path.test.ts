import { describe, expect, it } from 'vitest'
import { readRawPath } from './raw-path.ts'

describe('a path of raw pass-through', () => {
  it.each([
    ['/providers/openai/files', '', '/files'],
    ['/providers/openai/files/file-1/content', 'limit=2&after=x', '/files/file-1/content?limit=2&after=x'],
    ['/providers/aws/model/a%3A0/invoke', '', '/model/a%3A0/invoke'],
    ['/providers/aws/model/arn%2Fx/invoke', '', '/model/arn%2Fx/invoke'],
    ['/providers/openai/files/', '', '/files/'],
  ])('%s leads below: %s', (path, query, below) => {
    expect(readRawPath(path, query)?.below).toBe(below)
  })

  it('leaves keys of the caller behind, however their names are written', () => {
    expect(readRawPath('/providers/g/models', 'key=sk-1&alt=sse&%6Bey=sk-2&KEY=sk-3&api_key=x')?.below).toBe(
      '/models?alt=sse',
    )
  })

  it.each([
    '/providers/openai',
    '/providers/openai/',
    '/providers//x',
    '/providers/openai/../admin',
    '/providers/openai/a/../../b',
    '/providers/openai/%2e%2e/x',
    '/providers/openai/%252e%252e/x',
    '/providers/openai/..%2fx',
    '/providers/openai/a%5c..%5cb',
    '/providers/openai//evil.test/x',
    '/providers/openai/a\\b',
    '/providers/openai/%zz',
    '/providers/openai/a%00b',
    '/providers/openai/a%0d%0ahost:x',
    '/providers/openai/./x',
    `/providers/openai/${'x'.repeat(5000)}`,
  ])('%s leads nowhere', (path) => {
    expect(readRawPath(path, '')).toBeNull()
  })
})
