---@meta mooncron
-- The vocabulary of a schedule file, for editors that read LuaCATS comments.
-- The engine checks a file; this helps to write one. Prose: docs/lua-api.md.

---A number and its unit, with nothing between: `"90s"`, `"15m"`, `"1h30m"`.
---Units: `ms`, `s`, `m`, `h`, `d` (24 h), `w` (7 d).
---@alias mooncron.Duration string

---What happens to a slot that comes while a run of the job still goes on.
---@alias mooncron.OverlapPolicy "skip"|"queue"|"allow"|"cancel"

---@class (exact) mooncron.OverlapTable
---@field policy mooncron.OverlapPolicy
---@field max? integer runs at once, with `"allow"`

---@alias mooncron.Overlap mooncron.OverlapPolicy|mooncron.OverlapTable

---What an attempt may have failed of. 408, 425 and 429 are `"busy"`, 5xx is
---`"server"`.
---@alias mooncron.Cause "network"|"timeout"|"busy"|"server"|"denied"|"script"|"5xx"|408|425|429

---@class (exact) mooncron.RetryTable
---@field attempts? integer in all, 1 to 100; `3`
---@field backoff? string the pauses, `"5s..1m"` or `"5s"`
---@field on? mooncron.Cause|mooncron.Cause[] after these only

---`false` repeats nothing; a number is `attempts`.
---@alias mooncron.Retry false|integer|mooncron.RetryTable

---@class (exact) mooncron.CatchUpTable
---@field window mooncron.Duration how late a slot may be run
---@field policy? "once"|"all" the newest slot, or each of them; `"once"`
---@field max? integer so many at most, with `"all"`; `10`

---`false` runs nothing late; a duration is `window`.
---@alias mooncron.CatchUp false|mooncron.Duration|mooncron.CatchUpTable

---Told how a run ended; `err` is what was wrong with it.
---@alias mooncron.Hook async fun(ctx: mooncron.Context, err: string?)

---`"auto"` is a hash of the job's name, within its interval.
---@alias mooncron.Phase mooncron.Duration|"auto"

---Five fields, or six with seconds first: `"30 2 * * MON-FRI"`; or `"@daily"`.
---@alias mooncron.Cron string

---A time of day, `"08:00"` or `"08:00:30"`, in the job's zone.
---@alias mooncron.TimeOfDay string

---One moment, `"2026-12-31T23:00"`, in the job's zone.
---@alias mooncron.Moment string

---A date, `"2026-12-31"`.
---@alias mooncron.Date string

---A day off: a date, a day of the week (`"sat"`), or a calendar.
---@alias mooncron.DayOff mooncron.Date|mooncron.Weekday|mooncron.Calendar

---@alias mooncron.Weekday "mon"|"tue"|"wed"|"thu"|"fri"|"sat"|"sun"

---What becomes of a time of day on a day off.
---@alias mooncron.OnExcluded "skip"|"next"|"previous"

---What becomes of a fixed time that a change of the clock skips.
---@alias mooncron.Gap "after"|"skip"|"before"

---What becomes of a fixed time that comes twice.
---@alias mooncron.Fold "first"|"both"|"last"

---A later time than `previous`, both in whole seconds since 1970.
---@alias mooncron.Next fun(previous: integer): integer

---What `calendar "name"` returns: calling it with a list declares it.
---@class mooncron.Calendar
---@overload fun(days: mooncron.Date[])

---One of several schedules: exactly one of `every`, `cron`, `at`.
---@class (exact) mooncron.Alternative
---@field every? mooncron.Duration
---@field phase? mooncron.Duration with `every`
---@field cron? mooncron.Cron
---@field at? mooncron.TimeOfDay|mooncron.Moment

---One factor for each environment; `default` is for the rest.
---@alias mooncron.Factors table<string, number>

---A factor, or nil to let the next rule answer.
---@alias mooncron.Rule fun(env: string, job: mooncron.RuleJob): number?

---What a multiplier function may know about a job.
---@class mooncron.RuleJob
---@field name string

---@class (exact) mooncron.Defaults
---@field timezone? string
---@field except? mooncron.DayOff|mooncron.DayOff[]
---@field on_excluded? mooncron.OnExcluded
---@field jitter? mooncron.Duration
---@field gap? mooncron.Gap
---@field fold? mooncron.Fold
---@field timeout? mooncron.Duration
---@field overlap? mooncron.Overlap `"skip"`
---@field retry? mooncron.Retry `3`
---@field catch_up? mooncron.CatchUp `false`
---@field deadline? mooncron.Duration|false for all attempts of a run together
---@field min_gap? mooncron.Duration|false from the start of a run to that of the next
---@field alert_after? integer failures in a row before `on_failure`; `1`
---@field on_failure? mooncron.Hook|false
---@field on_success? mooncron.Hook|false
---@field on_recover? mooncron.Hook|false after a success that `on_failure` was called before
---@field phase? mooncron.Phase
---@field headers? table<string, string>

---A job has exactly one of `every`, `cron`, `at`, `any`, `next`, and exactly one
---of `post`, `get`, `put`, `delete`, `run`.
---@class (exact) mooncron.Job
---@field every? mooncron.Duration interval in production, at least a second
---@field cron? mooncron.Cron in the job's zone
---@field at? mooncron.TimeOfDay|mooncron.Moment|(mooncron.TimeOfDay|mooncron.Moment)[] each day, or once
---@field any? mooncron.Alternative[] several schedules at once
---@field next? mooncron.Next what no rule expresses; pure
---@field timezone? string IANA name; `"UTC"`
---@field phase? mooncron.Phase where in an `every` the slots lie; `"0s"`
---@field jitter? mooncron.Duration puts slots off by less than this, always the same
---@field except? mooncron.DayOff|mooncron.DayOff[] days off
---@field on_excluded? mooncron.OnExcluded `"skip"`
---@field from? mooncron.Date|mooncron.Moment the first moment it may be due
---@field to? mooncron.Date|mooncron.Moment the last one; a date means all of its day
---@field gap? mooncron.Gap `"after"`
---@field fold? mooncron.Fold `"first"`
---@field post? string path under BACKEND_URL
---@field get? string path under BACKEND_URL
---@field put? string path under BACKEND_URL
---@field delete? string path under BACKEND_URL
---@field run? mooncron.Run scripted job
---@field body? table sent as JSON with `post` and `put`; `{}`
---@field query? table<string, string|number|boolean> appended to the path
---@field headers? table<string, string> beside those of the worker
---@field timeout? mooncron.Duration of one call, or of a whole `run`; `"30s"`
---@field overlap? mooncron.Overlap `"skip"`
---@field retry? mooncron.Retry `3`
---@field catch_up? mooncron.CatchUp `false`
---@field deadline? mooncron.Duration|false for all attempts of a run together
---@field min_gap? mooncron.Duration|false from the start of a run to that of the next
---@field max_runs? integer in the life of the job
---@field alert_after? integer failures in a row before `on_failure`; `1`
---@field on_failure? mooncron.Hook|false
---@field on_success? mooncron.Hook|false
---@field on_recover? mooncron.Hook|false after a success that `on_failure` was called before
---@field heartbeat? string URL of an allowed origin that is called after each success
---@field group? string name of a declared group
---@field scale? boolean|number|mooncron.Factors|"nth" whether the multiplier counts; `true`
---@field only? string[] environments in which the job exists; all
---@field always? boolean stays on while `enableJobs` is off; `false`
---@field enabled? boolean `false` takes the job out, for everyone to see; `true`
---@field tags? string[] for people and tools
---@field description? string for people

---@alias mooncron.Run async fun(ctx: mooncron.Context)

---@class (exact) mooncron.Group
---@field limit integer runs that may go on at once, at least 1

---The run that a function was called for.
---@class mooncron.Context
---@field job string name of the job
---@field run_id string the same in the log and on the page
---@field attempt integer from 1
---@field trigger "schedule"|"catch_up"|"manual"|"backfill"|"retry" why the job runs
---@field scheduled_at string the slot, as RFC 3339
---@field settings mooncron.Settings those that the schedule was loaded with

---The backend's Settings: these two, and whatever else it sends.
---@class mooncron.Settings
---@field enableJobs boolean
---@field schedulerEnvironment string?
---@field [string] any

---@class (exact) mooncron.RequestOptions
---@field json? table sent as JSON
---@field body? string sent as it is; not together with `json`
---@field query? table<string, string|number|boolean>
---@field headers? table<string, string>
---@field timeout? mooncron.Duration `"30s"`
---@field check? boolean `false`: look at the answer yourself; `true`

---@class mooncron.Response
---@field status integer
---@field ok boolean status is 2xx
---@field headers table<string, string> names in lower case
---@field text string the body as it came
---@field json any the body decoded, nil where it is no JSON
---@field took_ms integer

---What jobs have in common, unless they say otherwise. Counts for the jobs
---after it.
---@param options mooncron.Defaults
function defaults(options) end

---Declares a job: `job "name" { ... }`.
---@param name string 1 to 128 of letters, digits and `. _ : -`, unique
---@return fun(options: mooncron.Job)
function job(name) end

---Declares a group: `group "name" { limit = 1 }`.
---@param name string
---@return fun(options: mooncron.Group)
function group(name) end

---Declares a calendar, `calendar "name" { "2026-12-25" }`, or names one:
---`except = calendar "name"`.
---@param name string
---@return mooncron.Calendar
function calendar(name) end

---Adds a rule for how much slower than written jobs run. First answer wins.
---@param rule mooncron.Factors|mooncron.Rule
function multiplier(rule) end

---The Settings in force, read-only. A field that is not there is an error.
---@type mooncron.Settings
settings = {}

---A variable that MOONCRON_SCRIPT_ENV lists; nil where it is not set. Another
---name is an error while the file loads, and nil in a run.
---@param name string
---@return string?
function env(name) end

---Only in a run. Every call raises where the answer is not 2xx, says
---`"success": false`, or does not come. With `check = false` an answer of any
---status is returned, and for none nil, a sentence and a code.
http = {}

---@async
---@param path string path under BACKEND_URL, or a URL of an allowed origin
---@param options? mooncron.RequestOptions
---@return mooncron.Response? response
---@return string? sentence
---@return string? code
function http.get(path, options) end

---@async
---@param path string path under BACKEND_URL, or a URL of an allowed origin
---@param options? mooncron.RequestOptions
---@return mooncron.Response? response
---@return string? sentence
---@return string? code
function http.post(path, options) end

---@async
---@param path string path under BACKEND_URL, or a URL of an allowed origin
---@param options? mooncron.RequestOptions
---@return mooncron.Response? response
---@return string? sentence
---@return string? code
function http.put(path, options) end

---@async
---@param path string path under BACKEND_URL, or a URL of an allowed origin
---@param options? mooncron.RequestOptions
---@return mooncron.Response? response
---@return string? sentence
---@return string? code
function http.delete(path, options) end

---Only in a run: lets others work for so long.
---@async
---@param duration mooncron.Duration
function sleep(duration) end

---Only in a run: ends it as failed, for this reason.
---@param reason string
function fail(reason) end

---Only in a run: lines in the daemon's log, with job and run beside them.
log = {}

---@param message string
---@param fields? table<string, any>
function log.debug(message, fields) end

---@param message string
---@param fields? table<string, any>
function log.info(message, fields) end

---@param message string
---@param fields? table<string, any>
function log.warn(message, fields) end

---@param message string
---@param fields? table<string, any>
function log.error(message, fields) end
