import { describe, expect, it } from 'vitest'
import { importLiteLlm } from './litellm.ts'

const model = (name: string, params: object, more: object = {}) => ({
  model_name: name,
  litellm_params: params,
  ...more,
})

function imported(file: object) {
  const it = importLiteLlm(file)
  if (it === null) throw new Error('not recognised')
  const notes = it.notes.map(({ what, at, says }) => `${what} ${at}: ${says}`)
  return { ...it.settings, notes }
}

describe('a config of LiteLLM', () => {
  it('is told from other files', () => {
    expect([importLiteLlm({ targets: [] }), importLiteLlm([]), importLiteLlm('x')]).toEqual([
      null,
      null,
      null,
    ])
  })

  it('becomes providers and models, with keys by reference', () => {
    const { providers, models, routes, notes } = imported({
      model_list: [
        model('gpt', { model: 'openai/gpt-5.4', api_key: 'os.environ/OPENAI_API_KEY', temperature: 0.2 }),
        model('sonnet', { model: 'anthropic/claude-sonnet-4-5', api_key: 'os.environ/ANTHROPIC_API_KEY' }),
      ],
    })
    expect(providers).toEqual({
      openai: { kind: 'openai', credential: '${env:OPENAI_API_KEY}' },
      anthropic: { kind: 'anthropic', credential: '${env:ANTHROPIC_API_KEY}' },
    })
    expect(models).toEqual({
      gpt: { provider: 'openai', model: 'gpt-5.4', parameters: { temperature: 0.2 } },
      sonnet: { provider: 'anthropic', model: 'claude-sonnet-4-5' },
    })
    expect([routes, notes]).toEqual([undefined, []])
  })

  it('tells the two ways of Azure apart', () => {
    const at = { model: 'azure/d', api_base: 'https://x.openai.azure.com/', api_key: 'os.environ/K' }
    const { providers } = imported({
      model_list: [model('new', at), model('old', { ...at, api_version: '2024-10-21' })],
    })
    expect(providers).toEqual({
      azure: { kind: 'azure', baseUrl: 'https://x.openai.azure.com/openai/v1', credential: '${env:K}' },
      'azure-2': {
        kind: 'azure',
        baseUrl: 'https://x.openai.azure.com/openai',
        apiVersion: '2024-10-21',
        credential: '${env:K}',
      },
    })
  })

  it('says where in a cloud, and signs with references', () => {
    const { providers, notes } = imported({
      model_list: [
        model('a', {
          model: 'bedrock/anthropic.claude-sonnet-4-5',
          aws_region_name: 'eu-central-1',
          aws_access_key_id: 'AKIA',
        }),
        model('b', {
          model: 'vertex_ai/gemini-2.5-pro',
          vertex_project: 'p',
          vertex_location: 'europe-west4',
        }),
        model('c', { model: 'vertex_ai/gemini-2.5-pro' }),
      ],
    })
    expect(providers).toMatchObject({
      bedrock: {
        region: 'eu-central-1',
        aws: { accessKeyId: '${env:AWS_ACCESS_KEY_ID}', secretAccessKey: '${env:AWS_SECRET_ACCESS_KEY}' },
      },
      vertex: { region: 'europe-west4', project: 'p' },
      'vertex-2': { region: 'region-to-be-named' },
    })
    expect(JSON.stringify(providers)).not.toContain('AKIA')
    expect(notes.filter((it) => it.startsWith('to do'))).toHaveLength(5)
  })

  it('never copies a key', () => {
    const { providers, notes } = imported({
      model_list: [model('gpt', { model: 'gpt-5.4', api_key: 'sk-very-secret' })],
    })
    expect(JSON.stringify([providers, notes])).not.toContain('sk-very-secret')
    expect(providers).toEqual({ openai: { kind: 'openai', credential: '${env:OPENAI_API_KEY}' } })
    expect(notes).toEqual([
      'to do model_list[0].litellm_params.api_key: the key itself was not copied: put it into the environment as OPENAI_API_KEY',
    ])
  })

  it('shares the requests of a name among its deployments', () => {
    const { models, routes, providers } = imported({
      model_list: [
        model('chat', { model: 'openai/a', api_base: 'http://one:8000/v1', weight: 9 }),
        model('chat', { model: 'openai/a', api_base: 'http://two:8000/v1/', weight: 1 }),
      ],
      router_settings: { routing_strategy: 'least-busy', num_retries: 2, timeout: 30, allowed_fails: 3 },
    })
    expect(providers).toMatchObject({
      one: { kind: 'openai-compatible', baseUrl: 'http://one:8000/v1' },
      two: { baseUrl: 'http://two:8000/v1' },
    })
    expect(models).toEqual({
      chat: { provider: 'one', model: 'a' },
      'chat-2': { provider: 'two', model: 'a' },
    })
    expect(routes).toEqual({
      chat: {
        targets: [
          { model: 'chat', weight: 9 },
          { model: 'chat-2', weight: 1 },
        ],
        strategy: 'least-busy',
        retries: { attempts: 3 },
        timeouts: { totalMs: 30_000 },
        ejection: { failuresInRow: 4 },
      },
    })
  })

  it('takes order as priority, and fractions of weights as hundredths', () => {
    const { routes, notes } = imported({
      model_list: [
        model('chat', { model: 'openai/a', order: 1, weight: 0.5 }),
        model('chat', { model: 'openai/b', order: 2 }),
      ],
    })
    expect(routes?.['chat']).toEqual({
      targets: [
        { model: 'chat', weight: 50, priority: 1 },
        { model: 'chat-2', priority: 2 },
      ],
      strategy: 'priority',
    })
    expect(notes).toHaveLength(1)
  })

  it('takes fallbacks of each kind, where a group stands for its models', () => {
    const { routes, notes } = imported({
      model_list: [
        model('a', { model: 'openai/a' }),
        model('b', { model: 'openai/b1' }),
        model('b', { model: 'openai/b2' }),
        model('long', { model: 'openai/long' }),
      ],
      litellm_settings: { fallbacks: [{ a: ['b', 'gone'] }], default_fallbacks: ['long'] },
      router_settings: {
        context_window_fallbacks: [{ a: ['long'] }],
        content_policy_fallbacks: [{ b: ['a'] }],
      },
    })
    expect(routes).toMatchObject({
      a: { fallback: ['b', 'b-2'], fallbackFor: { context_too_long: ['long'] } },
      b: { fallback: ['long'], fallbackFor: { content_policy: ['a'] } },
    })
    expect(routes?.['long']).toBeUndefined()
    expect(notes).toEqual(['left out litellm_settings.fallbacks[0].a: there is no model group "gone"'])
  })

  it('takes aliases', () => {
    const { routes } = imported({
      model_list: [model('a', { model: 'openai/a' })],
      router_settings: { model_group_alias: { 'gpt-4': 'a', hidden: { model: 'a', hidden: true } } },
    })
    expect(routes?.['a']?.aliases).toEqual(['gpt-4', 'hidden'])
  })

  it('takes prices, in dollars a million', () => {
    const { models, catalogue } = imported({
      model_list: [
        model('a', { model: 'openai/a', input_cost_per_token: 0.00000015, output_cost_per_token: '6e-7' }),
        model('b', { model: 'azure/my-deployment' }, { model_info: { base_model: 'azure/gpt-5.4' } }),
      ],
    })
    expect(models?.['a']?.catalogue).toBe('imported/a')
    expect(catalogue).toEqual({ 'imported/a': { prices: [{ input: 0.15, output: 0.6 }] } })
    expect(models?.['b']?.catalogue).toBe('azure/gpt-5.4')
  })

  it('says of everything else that it was left out, and why', () => {
    const { notes } = imported({
      model_list: [
        model('a', { model: 'openai/a', rpm: 60, unheard_of: 1 }),
        model('b', { model: 'nobody/b' }),
        model('openai/*', { model: 'openai/*' }),
      ],
      litellm_settings: { callbacks: ['langfuse'], drop_params: true },
      general_settings: { master_key: 'sk-1234', database_url: 'postgres://' },
      environment_variables: { X: 'y' },
    })
    expect(notes.map((it) => it.split(':')[0])).toEqual([
      'left out model_list[0].litellm_params.rpm',
      'left out model_list[0].litellm_params.unheard_of',
      'left out model_list[1].litellm_params.model',
      'left out model_list[2]',
      'left out litellm_settings.callbacks',
      'left out environment_variables',
      'to do general_settings.master_key',
      'left out general_settings.database_url',
    ])
    expect(notes.join()).not.toContain('sk-1234')
  })

  it('names the page where something is done otherwise here', () => {
    const { notes } = imported({
      model_list: [model('a', { model: 'openai/a', max_budget: 5 })],
      router_settings: { redis_host: 'cache.internal', cache_params: {} },
      guardrails: [],
    })
    for (const page of ['limits', 'cache', 'guardrails', 'shared-limits'])
      expect(notes.join()).toContain(`docs/guide/${page}.md`)
  })
})
