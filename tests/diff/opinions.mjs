// The others: each answers { next: [seconds] } or { error }.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

const modules = createRequire(process.env.TIME_DIFF_MODULES)
const { Cron } = modules('croner')
const { CronExpressionParser } = modules('cron-parser')

const inSeconds = date => date.getTime() / 1000

function answer(compute) {
  try {
    return { next: compute().map(inSeconds) }
  } catch (error) {
    return { error: error.message }
  }
}

function croner({ expr, tz, from, n }) {
  return answer(() => new Cron(expr, { timezone: tz, paused: true,
    sloppyRanges: true })
    .nextRuns(n, new Date(from)))
}

function cronParser({ expr, tz, from, n }) {
  return answer(() => CronExpressionParser
    .parse(expr, { tz, currentDate: new Date(from) })
    .take(n).map(date => date.toDate()))
}

export const opinions = { croner, 'cron-parser': cronParser }

// ---- systemd ----

// Its own way of writing the same, where there is one: a day of the week and a
// date must both match there, and `L`, `W` and `#` are not known.
export function calendarOf({ expr, tz }) {
  const fields = expr.split(' ')
  if (fields.length === 5) fields.unshift('0')
  const [second, minute, hour, day, month, weekday] = fields
  const plain = /^[0-9,*/]+$|^\d+-\d+$|^[0-9]+-[0-9]+\/[0-9]+$/
  if (fields.length !== 6 || ![second, minute, hour, day, month]
    .every(field => plain.test(field)) || !/^(\*|[0-6](,[0-6])*)$/.test(weekday))
    return null
  if (day !== '*' && weekday !== '*') return null
  const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
  const star = (field, from) => field.replace(/^\*\//, `${from}/`)
    .replace(/(\d+)-(\d+)/, '$1..$2')
  const days = weekday === '*' ? ''
    : `${weekday.split(',').map(n => names[n]).join()} `
  return `${days}*-${star(month, 1)}-${star(day, 1)} ` +
    `${star(hour, 0)}:${star(minute, 0)}:${star(second, 0)} ${tz}`
}

// One base for many expressions: a process is what costs. What it cannot do
// it names on stderr, and leaves out.
export function systemd(calendars, from, n) {
  const base = `${from.slice(0, 10)} ${from.slice(11, 19)} UTC`
  const { stdout, stderr } = spawnSync('systemd-analyze', ['calendar',
    `--iterations=${n}`, `--base-time=${base}`, ...calendars],
    { env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' }, encoding: 'utf8' })
  const parts = stdout.split(/\n\n/).map(part => part.trim())
  const times = part => [...part.matchAll(
    /(?:Next elapse|Iter\. #\d+): \w+ (\S+) (\S+) UTC/g)]
    .map(([, date, time]) => Date.parse(`${date}T${time}Z`) / 1000)
  return calendars.map(calendar => {
    const part = parts.find(text =>
      text.startsWith(`Original form: ${calendar}\n`) ||
      text.startsWith(`Normalized form: ${calendar}\n`))
    const failed = stderr.split('\n').find(line => line.includes(calendar))
    return failed || !part ? { error: failed ?? 'no answer' }
      : { next: times(part) }
  })
}
