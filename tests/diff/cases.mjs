// Random questions: an expression, a zone, an instant. Each follows from the
// seed and its number alone.
import { names, zone } from './zone.mjs'

function chanceOf(seed, id) {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(id, 0xc2b2ae35)
  return () => { // mulberry32
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

class Dice {
  constructor(seed, id) { this.chance = chanceOf(seed, id) }
  between(low, high) {
    return low + Math.floor(this.chance() * (high - low + 1))
  }
  one(list) { return list[this.between(0, list.length - 1)] }
  odds(n) { return this.chance() * n < 1 } // one in n
}

// ---- expressions ----

function timeField(dice, min, max) {
  const n = () => dice.between(min, max)
  const low = n()
  switch (dice.between(0, 7)) {
    case 0: return '*'
    case 1: return `*/${dice.between(1, Math.ceil((max - min + 1) / 2))}`
    case 2: return `${low}-${dice.between(low, max)}`
    case 3: return `${low}-${dice.between(low, max)}/${dice.between(1, 9)}`
    case 4: return `${n()},${n()}`
    case 5: return `${low}/${dice.between(1, max - min)}`
    default: return `${low}`
  }
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP',
  'OCT', 'NOV', 'DEC']
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

function dayField(dice) {
  const low = dice.between(1, 31)
  switch (dice.between(0, 11)) {
    case 0: return `${low}-${dice.between(low, 31)}`
    case 1: return `${low},${dice.between(1, 31)}`
    case 2: return `*/${dice.between(2, 15)}`
    case 3: return 'L'
    case 4: return `${dice.between(1, 31)}W`
    case 5: return dice.one(['LW', 'L-3', '1,L', '?'])
    default: return `${low}`
  }
}

function weekdayField(dice) {
  const low = dice.between(0, 6)
  switch (dice.between(0, 9)) {
    case 0: return `${low}-${dice.between(low, 6)}`
    case 1: return dice.one(['MON-FRI', 'SAT,SUN', 'fri-SUN', '1-7/2', '7'])
    case 2: return `${low},${dice.between(0, 6)}`
    case 3: return `${low}#${dice.between(1, 5)}`
    case 4: return `${low}L`
    case 5: return `*/${dice.between(2, 3)}`
    case 6: return dice.one(weekdays)
    default: return `${low}`
  }
}

function monthField(dice) {
  const low = dice.between(1, 12)
  switch (dice.between(0, 9)) {
    case 0: return `${low}`
    case 1: return `${low}-${dice.between(low, 12)}`
    case 2: return `*/${dice.between(2, 6)}`
    case 3: return `${dice.one(months)},${dice.one(months)}`
    default: return '*'
  }
}

// Either day field is free most of the time; the rest is either-or.
function dayFields(dice) {
  const kind = dice.between(0, 9)
  const day = kind < 3 || kind === 9 ? dayField(dice) : '*'
  const weekday = kind > 2 && kind < 6 || kind === 9 ? weekdayField(dice) : '*'
  return `${day} ${monthField(dice)} ${weekday}`
}

// What somebody has got wrong, or writes elsewhere.
const odd = ['60 * * * *', '* 24 * * *', '0 0 0 * *', '0 0 32 * *',
  '0 0 * 13 *', '0 0 * * 8', '0 0 30 2 *', '0 0 31 4,6 *', '5-1 * * * *',
  '* * * *', '0 0 0 1 1 * 2030', '*/0 * * * *', '1,,2 * * * *', '-5 * * * *',
  'a * * * *', '0 0 * FOO *', '0 0 * * MONDAY', '0 22-2 * * *',
  '0 0 * * FRI-MON', '@reboot', '@every 5m', 'H * * * *', '0~30 * * * *',
  '*/90 * * * *', '0 0 15#2 * *', '0 0 * * 1#6', '0 0 1W,2 * *']
const macros = ['@yearly', '@annually', '@monthly', '@weekly', '@daily',
  '@midnight', '@hourly']

function expression(dice) {
  if (dice.odds(80)) return dice.one(odd)
  if (dice.odds(60)) return dice.one(macros)
  const second = dice.odds(8) ? `${timeField(dice, 0, 59)} ` : ''
  // half of them within the hours in which clocks are set
  const hour = timeField(dice, 0, dice.odds(2) ? 4 : 23)
  return `${second}${timeField(dice, 0, 59)} ${hour} ${dayFields(dice)}`
}

// ---- zones and instants ----

// Gaps at midnight, of half an hour, of two hours, off the hour; permanent
// changes, negative daylight saving, a skipped day.
const changing = ['Europe/Bucharest', 'America/New_York', 'Australia/Lord_Howe',
  'Europe/Dublin', 'Asia/Beirut', 'America/Sao_Paulo', 'Africa/Casablanca',
  'Pacific/Apia', 'Antarctica/Troll', 'Asia/Pyongyang', 'America/Havana',
  'Asia/Kathmandu', 'America/St_Johns', 'Asia/Gaza', 'Africa/Cairo',
  'Europe/London', 'America/Caracas', 'Asia/Tehran', 'America/Scoresbysund',
  'Antarctica/Casey', 'Europe/Istanbul', 'Pacific/Chatham']
const all = names()

function place(dice) {
  const kind = dice.between(0, 9)
  return kind < 3 ? 'UTC' : kind < 8 ? dice.one(changing) : dice.one(all)
}

const FIRST = Date.UTC(2000, 0, 1) / 1000, LAST = Date.UTC(2038, 0, 1) / 1000
const FAR = Date.UTC(2100, 0, 1) / 1000

// Mostly within two days ahead of a change of the zone.
function instant(dice, tz) {
  const any = dice.between(FIRST, dice.odds(5) ? FAR : LAST)
  const coming = zone(tz).changes.filter(c => c.at >= FIRST && c.at < FAR)
  if (coming.length === 0 || dice.odds(4)) return any
  const near = dice.one(coming)
  return near.at - dice.between(-7200, 2 * 86400)
}

export function caseOf(seed, id, n) {
  const dice = new Dice(seed, id)
  const expr = expression(dice), tz = place(dice)
  const from = new Date(instant(dice, tz) * 1000).toISOString()
  return { id, expr, tz, from: from.replace('.000', ''), n }
}
