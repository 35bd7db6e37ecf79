/**
 * A thousand writes of the settings file and two hundred changes by the API, within seconds, under load.
 *
 * While the file is written the API mostly has to refuse: it would overwrite what somebody has just written. So half
 * of its changes come when the file has come to rest.
 */
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoProvider, readEcho, startEchoProvider, wishing } from '../journeys/rig/echo-provider.ts'
import { Gateway } from '../journeys/rig/gateway.ts'
import { until } from '../journeys/rig/until.ts'
import { chainBreak, endingsOf, readAuditFiles } from './kill/audit-chain.ts'
import { type Answer, ask, OpenStream } from './rig/client.ts'
import { instanceOf, untilInstance } from './rig/instance.ts'
import { settingsText } from './rig/settings.ts'

const WRITES = 1_000
const CHANGES = 200
const CALLERS = 6
const LONG_STREAMS = 30

let echo: EchoProvider
let gateway: Gateway

beforeAll(async () => {
  echo = await startEchoProvider()
  gateway = await Gateway.start({ settings: settingsText({ origin: echo.origin, more: { telemetry } }) })
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await echo?.close()
})

const telemetry = { traces: { ratio: 1 } }

/** Calls one after the other until it is told to stop. */
async function callOn(isOver: () => boolean): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  while (!isOver()) answers.push(await ask(gateway, { content: wishing({}) }))
  return answers
}

/** Short streams, one after the other: each holds the version that it began under. */
async function streamOn(isOver: () => boolean): Promise<readonly OpenStream[]> {
  const streams: OpenStream[] = []
  while (!isOver()) {
    const stream = await OpenStream.open(gateway, { content: wishing({ chunks: 10, everyMs: 20 }) })
    await stream.ended()
    streams.push(stream)
  }
  return streams
}

/** The most versions that were alive whenever it was asked, and how many may be. */
async function countGenerations(isOver: () => boolean) {
  let [most, limit] = [0, 0]
  while (!isOver()) {
    const { generations, generationLimit } = await instanceOf(gateway)
    most = Math.max(most, generations.length)
    limit = generationLimit
  }
  return { most, limit }
}

/** Replaces the file again and again; the gateway's own writes lose against these, and are told so. */
async function writeOn(): Promise<void> {
  const text = await gateway.settingsText()
  const draft = join(gateway.folder, 'draft')
  for (let i = 1; i <= WRITES; i += 1) {
    await writeFile(draft, text.replace('"first"', `"written-${i}"`))
    await rename(draft, gateway.settingsPath)
  }
}

async function changeOn(count: number): Promise<readonly number[]> {
  const change = async (i: number): Promise<number> => {
    const answer = await gateway.patch({ telemetry: { traces: { ratio: 1 / (1 + (i % 7)) } } })
    await answer.text()
    return answer.status
  }
  const statuses: number[] = []
  for (let i = 0; i < count; i += 5) {
    statuses.push(...(await Promise.all([0, 1, 2, 3, 4].map((more) => change(i + more)))))
  }
  return statuses
}

function expectOneVersion(stream: OpenStream): void {
  expect(stream.end).toBe('whole')
  expect(stream.text.endsWith('data: [DONE]\n\n')).toBe(true)
  expect(new Set(stream.contents.map((it) => readEcho(it).model)).size).toBe(1)
}

describe('a reload storm', () => {
  it('fails no request, cuts no stream, and leaves each attempt with one end', async () => {
    const content = wishing({ chunks: 100, everyMs: 40 })
    const long = await Promise.all(
      Array.from({ length: LONG_STREAMS }, () => OpenStream.open(gateway, { content })),
    )
    const state = { isOver: false }
    const isOver = (): boolean => state.isOver
    const calling = Promise.all(Array.from({ length: CALLERS }, () => callOn(isOver)))
    const streaming = Promise.all([0, 1, 2].map(() => streamOn(isOver)))
    const counting = countGenerations(isOver)
    const [, during] = await Promise.all([writeOn(), changeOn(CHANGES / 2)])
    await until(isAtRest, { what: 'the last version of the file', timeoutMs: 60_000 })
    const after = await changeOn(CHANGES / 2)
    expect(after.filter((it) => it === 200).length).toBeGreaterThan(CHANGES / 4)
    await until(isAtRest, { what: 'rest' })
    state.isOver = true

    const answers = (await calling).flat()
    expect(answers.length).toBeGreaterThan(100)
    expect(new Set(answers.map((it) => it.status))).toEqual(new Set([200]))
    for (const it of (await streaming).flat()) expectOneVersion(it)
    for (const it of long) await it.ended()
    for (const it of long) expectOneVersion(it)
    const { most, limit } = await counting
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(limit)
    // Taken; or refused, because the file held what was not in force, or because of the storm itself.
    const statuses = [...during, ...after]
    expect(statuses.filter((it) => ![200, 409, 412, 429, 503].includes(it))).toEqual([])

    await untilInstance(gateway, 'rest', (it) => it.state === 'idle')
    const lines = await readAuditFiles(join(gateway.statePath, 'reload'))
    expect([chainBreak(lines), endingsOf(lines)]).toEqual([null, { open: [], wrong: [] }])
    const versions = new Set(lines.map((it) => it.to).filter((it) => it !== null))
    console.log(
      `${WRITES} writes and ${CHANGES} changes: ${versions.size} versions, ${lines.length} audit lines, ` +
        `${answers.length} answers, changes ${tally(statuses)}`,
    )
  })
})

/** What the file says is what answers. */
async function isAtRest(): Promise<boolean> {
  const { state } = await instanceOf(gateway)
  return (
    state === 'idle' &&
    readEcho(contentOf(await ask(gateway))).model === modelIn(await gateway.settingsText())
  )
}

function modelIn(text: string): string {
  return /model: "?(first|written-\d+)/.exec(text)?.[1] ?? 'none'
}

function contentOf({ text }: Answer): string {
  const { choices } = JSON.parse(text) as { choices: { message: { content: string } }[] }
  return choices[0]?.message.content ?? ''
}

function tally(values: readonly number[]): string {
  const counts = Map.groupBy(values, (it) => it)
  return [...counts].map(([value, all]) => `${value}: ${all.length}`).join(', ')
}
