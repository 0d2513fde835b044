// bench_croner EXPRESSION ZONE COUNT: nanoseconds for so many times, one after
// the other, in croner, and the last of them.
import { createRequire } from 'node:module'

const { Cron } = createRequire(process.env.TIME_DIFF_MODULES)('croner')
const [expr, timezone, count] = process.argv.slice(2)
const job = new Cron(expr, { timezone, paused: true })

function walk(steps) {
  let at = new Date('2026-01-01T00:00:00Z')
  for (let i = 0; i < steps; i++) at = job.nextRun(at)
  return at.getTime() / 1000
}

walk(Math.min(+count, 1000)) // compiled before it is timed
const start = process.hrtime.bigint()
const last = walk(+count)
console.log(`${process.hrtime.bigint() - start} ${last}`)
