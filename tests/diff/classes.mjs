// Why two opinions differ. A class is a claim that can be checked, for the
// answer as a whole or for an instant that only one of both names; the first
// that holds is the reason. docs/time.md tells them in prose.
import { changesAround, offsetAt, zone } from './zone.mjs'

const fieldsOf = expr => {
  const fields = expr.split(' ')
  return fields.length === 5 ? ['0', ...fields] : fields
}
const [MINUTE, HOUR, DAY, WEEKDAY] = [1, 2, 3, 5]
const field = (c, i) => fieldsOf(c.expr)[i] ?? ''
const isWildcard = c => c.expr === '@hourly' ||
  [0, MINUTE, HOUR].some(i => field(c, i).startsWith('*'))

// ---- node's own zones, which are not the system's ----

const formats = new Map()

function icu(timeZone) {
  if (!formats.has(timeZone)) {
    let format = null
    try {
      format = new Intl.DateTimeFormat('en-US', { timeZone, era: 'short',
        hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric',
        hour: 'numeric', minute: 'numeric', second: 'numeric' })
    } catch { /* it stays null */ }
    formats.set(timeZone, format)
  }
  return formats.get(timeZone)
}

function icuOffset(tz, at) {
  const part = Object.fromEntries(icu(tz).formatToParts(at * 1000)
    .map(({ type, value }) => [type, +value]))
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute,
    part.second) / 1000 - at
}

// ---- one refuses ----

const rejects = (c, pattern) => c.theirs.error && pattern.test(c.theirs.error)
const refused = (c, pattern) => c.mine.error && pattern.test(c.mine.error)

const answerClasses = [
  {
    name: 'dialect: no nW and LW there',
    holds: c => rejects(c, /Invalid characters/) && /W/.test(field(c, DAY))
  },
  {
    name: 'dialect: no L-n there',
    holds: c => rejects(c, /'L-\d+'|NaN-/) && /L-\d/.test(field(c, DAY))
  },
  {
    name: 'dialect: a value twice is refused there',
    holds: c => rejects(c, /duplicate values found/) && c.expr.includes(',')
  },
  {
    name: 'dialect: x-SUN does not end at 7 there',
    holds: c => rejects(c, /Invalid range/) && /-SUN/i.test(field(c, WEEKDAY))
  },
  {
    name: 'dialect: no @midnight there',
    holds: c => rejects(c, /alias "mid"/) && c.expr === '@midnight'
  },
  {
    name: 'dialect: no a/s past the end there',
    holds: c => rejects(c, /Failed to parse/) && tooFar(c.expr)
  },
  {
    name: 'dialect: no range of one second there',
    holds: c => rejects(c, /Failed to parse/) &&
      /^(\d+)-\1$/.test(field(c, 0))
  },
  {
    name: 'there: gives up the search',
    holds: c => rejects(c, /deadlock/) && c.opinion === 'systemd'
  },
  {
    name: 'zones: not known there',
    holds: c => c.opinion !== 'systemd' && c.theirs.error && !icu(c.tz)
  },
  {
    name: 'never: refused here, no time there',
    holds: c => refused(c, /never fires/) && c.theirs.next?.length === 0
  },
  {
    name: 'dialect: a step wider than its field there',
    holds: c => refused(c, /step \d+ is out of range/) && /\/90/.test(c.expr)
  },
  {
    name: 'dialect: H there',
    holds: c => refused(c, /unexpected `H`/) && c.expr.startsWith('H ')
  },
  {
    name: 'dialect: another number of fields there',
    holds: c => refused(c, /\d fields, but/) &&
      ![5, 6].includes(c.expr.split(' ').length)
  }
]

// "35/32" names 35 only; systemd wants a second one.
function tooFar(expr) {
  const ends = [59, 59, 23, 31, 12, 6]
  return fieldsOf(expr).some((text, i) => {
    const m = /^(\d+|\*)\/(\d+)$/.exec(text)
    return m && (m[1] === '*' ? 0 : +m[1]) + +m[2] > ends[i]
  })
}

// ---- an instant of one ----

const HOUR_S = 3600, DAY_S = 86400
const [ours, theirs] = [c => c.side === 'ours', c => c.side === 'theirs']
const sizeOf = change => change.after - change.before
const gaps = c => changesAround(c.tz, c.at).filter(g => sizeOf(g) > 0)
const folds = c => changesAround(c.tz, c.at).filter(f => sizeOf(f) < 0)
const localDay = (c, at) => Math.floor((at + offsetAt(c.tz, at)) / DAY_S)

// A gap hides local times; moved by its size they are an instant after it.
const isEnd = (c, g) => c.at === g.at
const isMoved = (c, g) => c.at >= g.at && c.at < g.at + sizeOf(g)
const isLong = g => sizeOf(g) >= 3 * HOUR_S
const isOffHour = g => (g.at + g.before) % HOUR_S || (g.at + g.after) % HOUR_S
const isFirst = (c, f) => c.at >= f.at + sizeOf(f) && c.at < f.at
const isSecond = (c, f) => c.at >= f.at && c.at < f.at - sizeOf(f)

// Those that begin on the local day of the instant.
const gapsOfDay = c => zone(c.tz).changes.filter(g => sizeOf(g) > 0 &&
  localDay(c, g.at - 1) === localDay(c, c.at))

// From where the other last was to what it does not name.
function changeSince(c, holds) {
  const since = Math.max(c.theirs.next.filter(at => at < c.at).at(-1) ?? 0,
    Date.parse(c.from) / 1000)
  return zone(c.tz).changes.some(x => x.at > since && x.at <= c.at && holds(x))
}

// A time that is not after the one asked for, or not after the one before.
const goesBack = c => c.theirs.next.some((at, i) =>
  at <= (i ? c.theirs.next[i - 1] : Date.parse(c.from) / 1000))

// "0/21" at 0, "*/10" at 0: the local time has a stepped field at its start.
function startsStep(c) {
  const local = new Date((c.at + offsetAt(c.tz, c.at)) * 1000)
  const values = [local.getUTCSeconds(), local.getUTCMinutes(),
    local.getUTCHours(), local.getUTCDate(), local.getUTCMonth() + 1]
  return values.some((value, i) => {
    const m = /^(\d+|\*)(-\d+)?\/\d+$/.exec(field(c, i))
    return m && value === (m[1] === '*' ? +(i > 2) : +m[1])
  })
}

const instantClasses = [
  {
    name: 'zones: other data there',
    why: "node's ICU is of another version",
    holds: c => c.opinion !== 'systemd' && [-DAY_S, 0, DAY_S].some(aside =>
      icuOffset(c.tz, c.at + aside) !== offsetAt(c.tz, c.at + aside))
  },
  {
    name: 'gap of 3 h or more: made up there',
    why: 'rule 4',
    holds: c => theirs(c) && gaps(c).some(g => isLong(g) && isMoved(c, g))
  },
  {
    name: 'gap: a fixed time fires at its end here',
    why: 'rule 3',
    holds: c => ours(c) && !isWildcard(c) &&
      gaps(c).some(g => isEnd(c, g) && !isLong(g))
  },
  {
    name: 'gap: a fixed time is moved by its size there',
    why: 'rule 3',
    holds: c => theirs(c) && !isWildcard(c) && gaps(c).some(g => isMoved(c, g))
  },
  {
    name: 'gap: a wildcard job makes up there',
    why: 'rule 2',
    holds: c => theirs(c) && isWildcard(c) && gaps(c).some(g => isMoved(c, g))
  },
  {
    name: 'fold: a wildcard job has one pass there',
    why: 'rule 2',
    holds: c => ours(c) && isWildcard(c) &&
      folds(c).some(f => isFirst(c, f) || isSecond(c, f))
  },
  {
    name: 'fold: a fixed time fires twice there',
    why: 'rule 3',
    holds: c => theirs(c) && !isWildcard(c) &&
      folds(c).some(f => isSecond(c, f) &&
        c.theirs.next.includes(c.at + sizeOf(f)))
  },
  {
    name: 'fold: a fixed time takes the second pass there',
    why: 'rule 3',
    holds: c => !isWildcard(c) &&
      folds(c).some(f => ours(c) ? isFirst(c, f) : isSecond(c, f))
  },
  {
    name: 'there: a gap off the hour takes whole hours',
    why: 'its fault',
    holds: c => c.opinion === 'cron-parser' && zone(c.tz).changes.some(g =>
      sizeOf(g) > 0 && isOffHour(g) &&
      c.at >= g.at - HOUR_S && c.at < g.at + sizeOf(g) + HOUR_S)
  },
  {
    name: 'there: stops at a change off the hour',
    why: 'its fault',
    holds: c => c.opinion === 'cron-parser' && ours(c) &&
      c.theirs.next.length < c.n && changeSince(c, isOffHour)
  },
  {
    name: 'there: a day with a gap at its end is lost',
    why: 'its fault',
    holds: c => c.opinion === 'cron-parser' && ours(c) &&
      gapsOfDay(c).some(g => (g.at + g.after) % DAY_S === 0)
  },
  {
    name: 'there: a day is lost whose first time is in a gap',
    why: 'its fault',
    holds: c => c.opinion === 'systemd' && ours(c) &&
      gapsOfDay(c).some(g => c.at >= g.at)
  },
  {
    name: 'there: the start of a step is lost',
    why: 'its fault',
    holds: c => c.opinion === 'systemd' && ours(c) && startsStep(c)
  },
  {
    name: 'there: what is named is not later',
    why: 'its fault',
    holds: c => c.opinion === 'cron-parser' && goesBack(c)
  }
]

export const classes = [...answerClasses, ...instantClasses]
const first = (list, c) => list.find(one => one.holds(c))?.name ?? null
export const classOfAnswer = c => first(answerClasses, c)
export const classOf = c => first(instantClasses, c)
