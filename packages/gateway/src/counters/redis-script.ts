/**
 * What Redis runs: takes, corrections and readings, each as one script, which nothing comes between.
 *
 * Buckets are hashes of a level and the instant up to which it has drained, totals are numbers, places are sorted sets
 * of holders by the end of their lease. Time is the server's own, so that clocks of gateways need not agree. Counts
 * that nobody asks for any more expire.
 *
 * Numbers are written with 17 digits: as Lua writes them by itself, money beyond a hundred million dollars is rounded.
 */
import { createHash } from 'node:crypto'
import { PLACE_RETRY_MS } from './count-server.ts'

/** A script, and the name that a server knows it by once it has run. */
export interface Script {
  readonly text: string
  readonly sha: string
}

const script = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') })

/** ARGV: grace in ms, then what each script reads with `word` and `number`. */
const COMMON = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local argument = 0
local function word()
  argument = argument + 1
  return ARGV[argument]
end
local function number() return tonumber(word()) end
local function write(it) return string.format('%.17g', it) end
local grace = number()
local counts = {}
local function claim()
  local it = { kind = word(), key = KEYS[number() + 1], amount = number(), bound = number() }
  it.a, it.b, it.holder = number(), number(), word()
  return it
end
local function count(it)
  local found = counts[it.key]
  if found then return found end
  found = { level = 0, at = now }
  if it.kind == 'bucket' then
    local kept = redis.call('HMGET', it.key, 'level', 'at')
    if kept[1] then
      found.level, found.at = tonumber(kept[1]), tonumber(kept[2])
      if now > found.at then
        found.level = math.max(0, found.level - (now - found.at) * it.a / it.b)
        found.at = now
      end
    end
  elseif it.kind == 'total' then
    found.level = tonumber(redis.call('GET', it.key) or '0')
  else
    redis.call('ZREMRANGEBYSCORE', it.key, '-inf', now)
    found.level = redis.call('ZCARD', it.key)
  end
  counts[it.key] = found
  return found
end
local function members(it)
  local all = {}
  for i = 1, it.amount do all[i] = it.holder .. ' ' .. i end
  return all
end
local function keep(it)
  local found = counts[it.key]
  if it.kind == 'bucket' then
    redis.call('HSET', it.key, 'level', write(found.level), 'at', write(found.at))
    redis.call('PEXPIRE', it.key, math.ceil(math.min(1e15, found.level * it.b / it.a)) + 60000)
  elseif it.kind == 'total' then
    redis.call('SET', it.key, write(found.level))
    if it.a >= 0 then
      redis.call('PEXPIREAT', it.key, string.format('%.0f', math.max(it.a, now) + grace))
    end
  end
end
`

/** ARGV: number of takes; for each its number of claims and these. Answers as `readAnswers` reads. */
export const TAKE = script(`${COMMON}
local function needs(it)
  if it.kind ~= 'places' then return it.amount end
  local need = 0
  for _, member in ipairs(members(it)) do
    if not redis.call('ZSCORE', it.key, member) then need = need + 1 end
  end
  return need
end
-- When it could be met; -1 where waiting does not help.
local function wait(it, over)
  if it.amount > it.bound then return -1 end
  if it.kind == 'bucket' then return math.max(1, math.ceil(over * it.b / it.a)) end
  if it.kind == 'places' then return ${PLACE_RETRY_MS} end
  return it.a >= 0 and math.max(1, math.ceil(it.a - now)) or -1
end
local answers, changed = {}, {}
for take = 1, number() do
  local claims, wanted, short, retry = {}, {}, -1, -1
  for i = 1, number() do
    local it = claim()
    claims[i] = it
    it.need = needs(it)
    local over = count(it).level + (wanted[it.key] or 0) + it.need - it.bound
    if over > 1e-9 + it.bound * 1e-12 and (it.need > 0 or it.kind ~= 'places') then
      local ms = wait(it, over)
      if short < 0 then short, retry = i - 1, ms
      else retry = (retry < 0 or ms < 0) and -1 or math.max(retry, ms) end
    end
    wanted[it.key] = (wanted[it.key] or 0) + it.need
  end
  if short < 0 then
    for _, it in ipairs(claims) do
      counts[it.key].level = counts[it.key].level + it.need
      changed[it.key] = it
      if it.kind == 'places' then
        for _, member in ipairs(members(it)) do redis.call('ZADD', it.key, write(now + it.a), member) end
        if redis.call('PTTL', it.key) < it.a then redis.call('PEXPIRE', it.key, math.ceil(it.a) + 1000) end
      end
    end
  else
    -- Kept for as long as it counts by the numbers that it is read by now.
    for _, it in ipairs(claims) do
      if it.kind == 'bucket' and counts[it.key].level > 0 then changed[it.key] = it end
    end
  end
  local answer = { short, retry }
  for _, it in ipairs(claims) do
    answer[#answer + 1] = write(math.max(0, it.bound - counts[it.key].level))
  end
  answers[take] = table.concat(answer, ' ')
end
for _, it in pairs(changed) do keep(it) end
return table.concat(answers, ';')
`)

/** KEYS: last the sender's. ARGV: the batch's number, number of corrections, and these; the amount is what is added. */
export const CORRECT = script(`${COMMON}
local sender, batch = KEYS[#KEYS], number()
if tonumber(redis.call('GET', sender) or '-1') >= batch then return 0 end
redis.call('SET', sender, batch, 'PX', 24 * grace)
for i = 1, number() do
  local it = claim()
  if it.kind == 'places' then
    for _, member in ipairs(members(it)) do redis.call('ZREM', it.key, member) end
  else
    local found = count(it)
    found.level = math.max(0, found.level + it.amount)
    keep(it)
  end
end
return 1
`)

/** ARGV: number of claims, and these. */
export const READ = script(`${COMMON}
local read = {}
for i = 1, number() do read[i] = write(count(claim()).level) end
return table.concat(read, ' ')
`)
