/**
 * What a simulated model answers: enough for clients to be led through all that they can do, and so simple that a
 * test knows it beforehand.
 *
 * It calls the tools that the user names, or must call one; it says what tools answered; it follows a schema; it
 * counts pictures; otherwise it repeats what it was told. `think:` before a text makes it think aloud first.
 */
import type { FakeAsk, FakeCall, FakeSaid, Fields } from './fake-wires/fake-wire.ts'

export function answerOf(ask: FakeAsk): FakeSaid {
  const thinks = ask.text.startsWith('think:')
  return { model: ask.model, ...(thinks ? { reasoning: 'Let me think about that.' } : {}), ...sayOf(ask) }
}

function sayOf(ask: FakeAsk): Pick<FakeSaid, 'text' | 'calls'> {
  if (ask.results.length > 0) return { text: `The tools said: ${ask.results.join(' | ')}` }
  const calls = callsOf(ask)
  if (calls.length > 0) return { text: '', calls }
  if (ask.schema !== null) return { text: JSON.stringify(instanceOf(ask.schema, ask.schema)) }
  if (ask.images > 0) return { text: `I see ${ask.images} picture${ask.images === 1 ? '' : 's'}.` }
  return { text: `You said: ${ask.text}` }
}

/** Those that the user names, in their order; the one that is asked for; or the first, where one must be. */
function callsOf({ tools, choice, text }: FakeAsk): readonly FakeCall[] {
  if (choice === 'none') return []
  const named = typeof choice === 'object' ? [choice.name] : tools.filter((it) => text.includes(it))
  const called = named.length === 0 && choice === 'required' ? tools.slice(0, 1) : named
  return called.map((name, i) => ({
    id: `call_fake_${i}`,
    name,
    arguments: JSON.stringify({ city: 'Rome' }),
  }))
}

/** The simplest thing that a schema allows. */
function instanceOf(schema: Fields, root: Fields): unknown {
  const { $ref: ref, enum: values, const: only, anyOf, type } = schema
  if (typeof ref === 'string') return instanceOf(resolve(ref, root), root)
  if (only !== undefined) return only
  if (Array.isArray(values)) return values[0]
  if (Array.isArray(anyOf)) return instanceOf(anyOf[0] as Fields, root)
  const [kind] = Array.isArray(type) ? type : [type]
  switch (String(kind).toLowerCase()) {
    case 'string':
      return 'text'
    case 'number':
    case 'integer':
      return 1
    case 'boolean':
      return true
    case 'null':
      return null
    case 'array':
      return [instanceOf((schema['items'] ?? {}) as Fields, root)]
    default: {
      const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Fields>)
      return Object.fromEntries(properties.map(([name, it]) => [name, instanceOf(it, root)]))
    }
  }
}

function resolve(ref: string, root: Fields): Fields {
  let found: unknown = root
  for (const step of ref.split('/').slice(1)) found = (found as Fields | undefined)?.[step]
  return (found ?? {}) as Fields
}
