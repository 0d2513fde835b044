// time-diff [--n N] [--seed S] [--systemd N] [--shares N]: what we say and what others say, and
// why they differ. Run by ./dev time-diff.
import { execFileSync, spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads'

import { caseOf } from './cases.mjs'
import { classes, classOf, classOfAnswer } from './classes.mjs'
import { calendarOf, opinions, systemd } from './opinions.mjs'

const TIMES = 4 // asked for in each case
const CHUNK = 2000 // cases in one batch of ours
const SHOWN = 5 // unexplained differences of an opinion, and no more

// ---- ours ----

function ours(cases) {
  const lines = cases.map(c => JSON.stringify(c)).join('\n')
  const run = spawnSync(process.env.MOONCRON, ['next', '--batch'],
    { input: lines + '\n', encoding: 'utf8', maxBuffer: 1 << 28 })
  if (run.status !== 0)
    throw new Error(`mooncron next --batch: ${run.stderr || run.error}`)
  const answers = run.stdout.trim().split('\n').map(text => JSON.parse(text))
  if (answers.length !== cases.length)
    throw new Error(`${answers.length} answers to ${cases.length} requests`)
  return answers.map(({ next, error }) =>
    ({ next: next?.map(text => Date.parse(text) / 1000), error }))
}

// ---- comparing ----

// What only one of both says, up to where both have said all they know.
function differing(mine, theirs, n) {
  const end = list => list.length < n ? Infinity : list.at(-1)
  const horizon = Math.min(end(mine), end(theirs))
  const only = (a, b) => a.filter(at => at <= horizon && !b.includes(at))
  return [...only(mine, theirs).map(at => ({ at, side: 'ours' })),
    ...only(theirs, mine).map(at => ({ at, side: 'theirs' }))]
}

// A list of class names: none where both say the same.
function compare(asked, mine, theirs, opinion) {
  const context = { ...asked, mine, theirs, opinion }
  if (mine.error || theirs.error)
    return mine.error && theirs.error ? [] : [classOfAnswer(context)]
  const found = differing(mine.next, theirs.next, asked.n)
  return [...new Set(found.map(at => classOf({ ...context, ...at })))]
}

class Tally {
  constructor() { this.rows = {}, this.unexplained = [] }

  row(opinion) {
    return this.rows[opinion] ??= { compared: 0, equal: 0, classes: {} }
  }

  add(opinion, asked, mine, theirs) {
    const row = this.row(opinion)
    const found = compare(asked, mine, theirs, opinion)
    row.compared++
    row.equal += found.length === 0
    for (const name of found)
      row.classes[name ?? 'unexplained'] =
        (row.classes[name ?? 'unexplained'] ?? 0) + 1
    if (found.includes(null))
      this.unexplained.push({ opinion, asked, mine, theirs })
  }

  merge(other) {
    for (const [opinion, row] of Object.entries(other.rows)) {
      const into = this.row(opinion)
      into.compared += row.compared
      into.equal += row.equal
      for (const [name, count] of Object.entries(row.classes))
        into.classes[name] = (into.classes[name] ?? 0) + count
    }
    this.unexplained.push(...other.unexplained)
  }
}

// ---- a share of the cases ----

function shareOf({ seed, first, step, n, systemdCases }) {
  const tally = new Tally()
  for (let begin = first; begin < n; begin += CHUNK * step) {
    const cases = []
    for (let id = begin; id < n && cases.length < CHUNK; id += step)
      cases.push(caseOf(seed, id, TIMES))
    const mine = ours(cases)
    cases.forEach((asked, i) => {
      for (const [name, opinion] of Object.entries(opinions))
        tally.add(name, asked, mine[i], opinion(asked))
    })
  }
  systemdShare(tally, seed, first, step, systemdCases)
  return tally
}

// Groups share the instant of their first case.
function systemdShare(tally, seed, first, step, count) {
  const GROUP = 40
  let group = []
  for (let id = first, done = 0; done < count; id += step) {
    const asked = caseOf(seed, id, TIMES)
    if (!calendarOf(asked)) continue
    group.push({ ...asked, from: (group[0] ?? asked).from })
    if (++done % GROUP && done < count) continue
    const mine = ours(group)
    const theirs = systemd(group.map(calendarOf), group[0].from, TIMES)
    group.forEach((c, i) => tally.add('systemd', c, mine[i], theirs[i]))
    group = []
  }
}

// ---- minute by minute ----

// The C test's own evaluator, on cases of its own. True where both agree.
function secondOpinion(cases) {
  const { stdout, stderr } = spawnSync(process.env.SECOND_OPINION,
    { env: { ...process.env, CASES: String(cases) }, encoding: 'utf8' })
  const agreed = /(\d+) cases agree/.exec(stdout)
  line('minute by minute: compared and equal', agreed ? agreed[1] : 0)
  if (!agreed) console.log(stdout + stderr)
  return Boolean(agreed)
}

// ---- what is printed ----

function line(name, count, why = '') {
  console.log(`${name.padEnd(52)} ${String(count).padStart(9)}  ${why}`)
}

const iso = list => list?.map(at => new Date(at * 1000).toISOString()
  .replace('.000', '')).join(' ')

function show({ opinion, asked, mine, theirs }) {
  const quoted = `'${JSON.stringify(asked)}'`
  console.log(`unexplained: ${opinion}, "${asked.expr}" in ${asked.tz} ` +
    `after ${asked.from}`)
  console.log(`  ours    ${mine.error ?? iso(mine.next)}`)
  console.log(`  theirs  ${theirs.error ?? iso(theirs.next)}`)
  console.log(`  echo ${quoted} | mooncron next --batch`)
}

function print(tally) {
  for (const [opinion, row] of Object.entries(tally.rows)) {
    line(`${opinion}: compared`, row.compared)
    line('  equal', row.equal)
    for (const { name, why } of classes)
      if (row.classes[name]) line(`  ${name}`, row.classes[name], why)
    line('  unexplained', row.classes.unexplained ?? 0)
  }
  for (const opinion of Object.keys(tally.rows))
    tally.unexplained.filter(one => one.opinion === opinion).slice(0, SHOWN)
      .forEach(show)
  return tally.unexplained.length
}

// ---- the program ----

function share(data) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url),
      { workerData: data })
    worker.on('message', resolve)
    worker.on('error', reject)
  })
}

function hasSystemd() {
  try {
    execFileSync('systemd-analyze', ['calendar', 'daily'], { stdio: 'ignore' })
    return true
  } catch {
    console.log('systemd-analyze is not installed: two opinions only')
    return false
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      n: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
      systemd: { type: 'string', default: '2000' },
      shares: { type: 'string', default: '2' }
    }
  })
  const [n, seed, systemdCases, shares] =
    [values.n, values.seed, values.systemd, values.shares].map(Number)
  const each = hasSystemd() ? Math.ceil(Math.min(n, systemdCases) / shares) : 0
  const tally = new Tally()
  const parts = await Promise.all(Array.from({ length: shares }, (_, first) =>
    share({ seed, first, step: shares, n, systemdCases: each })))
  parts.forEach(part => tally.merge(part))
  const unexplained = print(tally)
  const agreed = secondOpinion(Math.ceil(n / 5))
  process.exitCode = unexplained || !agreed ? 1 : 0
}

if (isMainThread) await main()
else parentPort.postMessage(shareOf(workerData))
