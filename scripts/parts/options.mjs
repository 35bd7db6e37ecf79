/**
 * What a command of the workspace is told. `--help` prints how it is used; what is not understood ends it with code 2, and
 * says the same.
 */
import { parseArgs } from 'node:util'

/**
 * `options`: as for `parseArgs`, in its words; those in `numbers` are whole and not negative.
 */
export function readOptions(args, { usage, options, numbers = [] }) {
  let values
  try {
    values = parseArgs({ args, options: { ...options, help: { type: 'boolean', short: 'h' } } }).values
  } catch (error) {
    end(`error: ${error.message}\n\n${usage}`)
  }
  if (values.help === true) {
    process.stdout.write(`${usage}\n`)
    process.exit(0)
  }
  const wrong = numbers.find((it) => values[it] !== undefined && !/^\d{1,15}$/.test(values[it]))
  if (wrong !== undefined)
    end(
      `error: --${wrong}: found "${values[wrong]}", expected a whole number that is not negative\n\n${usage}`,
    )
  const read = (name) => (values[name] === undefined ? undefined : Number(values[name]))
  return { ...values, ...Object.fromEntries(numbers.map((it) => [it, read(it)])) }
}

function end(text) {
  process.stderr.write(`${text}\n`)
  process.exit(2)
}
