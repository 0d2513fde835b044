// Which offset holds when, read from the same files as the engine does, by other
// code: the oracle that says whether an instant lies at a change of offset.
import { existsSync, readFileSync } from 'node:fs'

const folder = '/usr/share/zoneinfo'
const YEAR_LAST = 2110
const DAY = 86400

// ---- the footer: "EET-2EEST,M3.5.0/3,M10.5.0/4" ----

const number = String.raw`([+-]?\d+)(?::(\d+))?(?::(\d+))?`
const name = '(?:<[^>]+>|[A-Za-z]+)'
const posix = new RegExp(
  `^${name}${number}(?:${name}(?:${number})?,([^,]+),([^,]+))?$`)

function seconds(hours, minutes, rest) {
  const size = Math.abs(hours) * 3600 + (minutes ?? 0) * 60 + +(rest ?? 0)
  return hours.startsWith('-') ? -size : size
}

const dayOf = (year, month, day) => Date.UTC(year, month, day) / 1000 / DAY

// The local time, in seconds, at which a rule turns in a year.
function turn(rule, year) {
  const [day, time = '2'] = rule.split('/')
  const at = seconds(...time.split(':'))
  const m = /^M(\d+)\.(\d+)\.(\d+)$/.exec(day)
  if (!m) {
    const [, julian, n] = /^(J?)(\d+)$/.exec(day)
    const leap = dayOf(year, 2, 1) - dayOf(year, 1, 1) === 29
    const skipped = julian && +n >= 60 && leap ? 0 : julian ? 1 : 0
    return (dayOf(year, 0, 1) + +n - skipped) * DAY + at
  }
  const [, month, week, weekday] = m.map(Number)
  const first = dayOf(year, month - 1, 1)
  let found = first + ((weekday - ((first + 4) % 7) + 7) % 7) + (week - 1) * 7
  if (found >= dayOf(year, month, 1)) found -= 7
  return found * DAY + at
}

function footerChanges(footer, from) {
  const [, h, m, s, dh, dm, ds, begin, end] = posix.exec(footer)
  if (!begin) return []
  const standard = -seconds(h, m, s)
  const summer = dh ? -seconds(dh, dm, ds) : standard + 3600
  const changes = []
  for (let year = new Date(from * 1000).getUTCFullYear(); year < YEAR_LAST;
    year++) {
    changes.push({ at: turn(begin, year) - standard, after: summer })
    changes.push({ at: turn(end, year) - summer, after: standard })
  }
  return changes.filter(c => c.at > from).sort((a, b) => a.at - b.at)
}

// ---- the table ----

function read(name) {
  const path = `${folder}/${name}`
  if (name === 'UTC' || !existsSync(path)) return { first: 0, changes: [] }
  const file = readFileSync(path)
  const count = (base, i) => file.readUInt32BE(base + 20 + 4 * i)
  const size = (base, wide) => count(base, 3) * (wide + 1) +
    count(base, 4) * 6 + count(base, 5) + count(base, 2) * (wide + 4) +
    count(base, 1) + count(base, 0)
  const head = 44 + size(0, 4)
  const times = head + 44
  const [types, transitions] = [count(head, 4), count(head, 3)]
  const kinds = times + transitions * 8
  const offset = kind => file.readInt32BE(kinds + transitions + kind * 6)
  const footer = file.toString('latin1', head + 44 + size(head, 8)).trim()
  const changes = []
  for (let i = 0; i < transitions; i++)
    changes.push({
      at: Number(file.readBigInt64BE(times + i * 8)),
      after: offset(file[kinds + i])
    })
  const last = changes.length ? changes.at(-1).at : 0
  changes.push(...footerChanges(footer, last))
  return { first: types ? offset(0) : 0, changes }
}

// ---- what is asked ----

const known = new Map()

// The changes of a zone's offset: { at, before, after }, seconds.
export function zone(name) {
  if (known.has(name)) return known.get(name)
  const { first, changes } = read(name)
  let before = first
  for (const change of changes) {
    change.before = before
    before = change.after
  }
  const kept = changes.filter(c => c.before !== c.after)
  const made = { first, changes: kept }
  known.set(name, made)
  return made
}

export function offsetAt(name, at) {
  const { first, changes } = zone(name)
  let low = 0, high = changes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (changes[middle].at <= at) low = middle + 1
    else high = middle
  }
  return low ? changes[low - 1].after : first
}

// The changes whose gap or fold is around an instant: from its size before to
// its size after.
export function changesAround(name, at) {
  return zone(name).changes.filter(c => {
    const size = Math.abs(c.after - c.before)
    return at >= c.at - size && at <= c.at + size
  })
}

export function names() {
  const text = readFileSync(`${folder}/tzdata.zi`, 'latin1')
  return text.split('\n').flatMap(line => {
    const [kind, a, b] = line.split(' ')
    return kind === 'Z' ? [a] : kind === 'L' ? [b] : []
  })
}
