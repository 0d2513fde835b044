-- Time: what a schedule may say of it, what it means, and what is answered where
-- it says nothing that can be meant.

local program = require "program"

local function job(options) return "job 'a' { " .. options .. ", post = '/a' }" end

-- { text, code, column, message, more... }: the one mistake of a text in its
-- first line; each of `more` stands somewhere in the report. Column 0: the whole
-- line is meant.
local mistakes = {
  -- The caret is under what is wrong within the expression.
  { job "cron = '0 25 * * *'", "E113", 21, "bad cron expression in job \"a\"",
    "^^ hour field: 25 is out of range 0-23" },
  { job "cron = '0 0 * * MNO'", "E113", 27, "bad cron expression in job \"a\"",
    "^^^ weekday field: `MNO` is not a weekday", "help: did you mean `MON`?" },
  { job "cron = '0 22-6 * * *'", "E113", 21, "bad cron expression in job \"a\"",
    "^^^^ hour field: the range 22-6 runs backwards",
    "help: write it as two parts: `22-23,0-6`" },
  { job "cron = '0 0 30 2 *'", "E113", 23, "bad cron expression in job \"a\"",
    "^^ day field: never fires, FEB has only 29 days" },
  { job "cron = '0 0 * * * * 2027'", "E113", 31, "bad cron expression in job \"a\"",
    "^^^^ 7 fields, but there is no year field" },
  { job "cron = '0 * * *'", "E113", 19, "bad cron expression in job \"a\"",
    "^^^^^^^ 4 fields, but 5 or 6 are needed" },
  { job "cron = '0 0 1,,2 * *'", "E113", 25, "bad cron expression in job \"a\"",
    "^ day field: a part of the list is empty" },
  { job "cron = 'H 2 * * *'", "E113", 19, "bad cron expression in job \"a\"",
    "^ minute field: unexpected `H`", "help: `phase` and `jitter` spread jobs" },
  { job "cron = '0 0 * * 1#6'", "E113", 29, "bad cron expression in job \"a\"",
    "^ weekday field: 6 is out of range 1-5" },
  { job "cron = '*/0 2 * * *'", "E113", 21, "bad cron expression in job \"a\"",
    "^ minute field: step 0 is out of range 1-60" },
  { job "cron = '@every 5m'", "E113", 19, "bad cron expression in job \"a\"",
    "^^^^^^ `@every` is not a macro", "help: an interval is written every = \"5m\"" },
  { job "cron = 'CRON_TZ=Europe/Bucharest 30 2 * * *'", "E113", 19,
    "bad cron expression in job \"a\"",
    "^^^^^^^^^^^^^^^^^^^^^^^^ an expression names no zone",
    "help: the zone is an option: timezone = \"Europe/Bucharest\"" },
  { job "cron = 'TZ=America/Argentina/Buenos_Aires @daily'", "E113", 19,
    "bad cron expression in job \"a\"",
    "help: the zone is an option: timezone = \"America/Argentina/Buenos_Aires\"" },
  { job "cron = 'TZ=UTC @daily'", "E113", 19, "bad cron expression in job \"a\"",
    "^^^^^^ an expression names no zone", "help: the zone is an option: timezone = \"UTC\"" },
  { job "cron = ''", "E113", 18, "bad cron expression in job \"a\"",
    "^^ an empty expression", "help: the fields are: minute hour day month weekday" },
  { job ("cron = '" .. (","):rep(4097) .. "'"), "E113", 4115,
    "bad cron expression in job \"a\"", "note: an expression has at most 4096 bytes" },
  { job "any = { { at = '08:00' }, { cron = '0 25 * * *' } }", "E113", 37,
    "bad cron expression in job \"a\"", "hour field: 25 is out of range 0-23" },
  -- A line is shown up to its 400th byte; what is wrong further on has no caret.
  { job ("cron = '@daily'," .. (" "):rep(400) .. "jiter = '10m'"), "E104", 427,
    "unknown option `jiter` in job \"a\"", "note: did you mean `jitter`?" },
  -- Where the expression does not stand in the call, its fault is still told.
  { "local o = { cron = '0 25 * * *', post = '/a' } job 'a' (o)", "E113", 0,
    "bad cron expression in job \"a\"", "note: hour field: 25 is out of range 0-23" },

  -- Times and dates.
  { job "at = '8:00'", "E116", 16, "cannot read the time \"8:00\" in job \"a\"",
    "^^^^^^ did you mean \"08:00\"?" },
  { job "at = { '08:00', '24:00' }", "E116", 27,
    "cannot read the time \"24:00\" in job \"a\"", "help: a time of day is \"08:00\"" },
  { job "at = '2027-02-30T10:00'", "E116", 16,
    "cannot read the time \"2027-02-30T10:00\" in job \"a\"" },
  { job "at = '08:00', from = 'tomorrow'", "E116", 32,
    "cannot read the date \"tomorrow\" in job \"a\"", "help: for example  \"2026-12-31\"" },
  { job "at = '08:00', from = '0000-01-01'", "E116", 32,
    "cannot read the date \"0000-01-01\" in job \"a\"" },
  { job "at = '08:00', from = '2026-12-31T23:59:60'", "E116", 32,
    "cannot read the date \"2026-12-31T23:59:60\" in job \"a\"" },
  { job "at = '08:00', to = '10000-01-01'", "E116", 30,
    "cannot read the date \"10000-01-01\" in job \"a\"" },
  { job "at = '08:00', except = { 'sat', 'funday' }", "E116", 43,
    "cannot read the day \"funday\" in job \"a\"", "help: a day off is a date" },
  { "calendar 'h' { '2026-12-25', '26.12.2026' }", "E116", 30,
    "element 2 of calendar \"h\" is no date: \"26.12.2026\"", "help: a day is" },
  { "calendar 'h' { '2026-12-25T00:00:00Z', '2026-12-25Tfoo' }", "E116", 40,
    "element 2 of calendar \"h\" is no date: \"2026-12-25Tfoo\"",
    "help: a day is \"2026-12-25\"" },
  { "calendar 'h' { '2026-12-25T25:00' }", "E116", 16, "is no date: \"2026-12-25T25:00\"" },
  { "calendar 'h' { '2026-12-25T00:00:00.' }", "E116", 16, "is no date:" },
  { "calendar 'h' { '2026-12-25T' }", "E116", 16, "is no date: \"2026-12-25T\"" },
  { job "at = '08:00', except = '2026-12-25Tfoo'", "E116", 34,
    "cannot read the day \"2026-12-25Tfoo\" in job \"a\"", "help: a day off is a date" },
  { "calendar 'h' { 5 }", "E116", 0, "element 1 of calendar \"h\" is no date: number" },
  { "local days = { '2027-02-29' } calendar 'h' (days)", "E116", 16,
    "element 1 of calendar \"h\" is no date: \"2027-02-29\"" },

  -- Zones.
  { job "at = '08:00', timezone = 'Europe/Bucarest'", "E117", 36,
    "unknown time zone \"Europe/Bucarest\" in job \"a\"",
    "^^^ did you mean \"Europe/Bucharest\"?", "note: zone Europe/Bucarest: there is no such zone" },
  { "defaults { timezone = 'europe/bucharest' }", "E117", 23,
    "unknown time zone \"europe/bucharest\" in defaults", "did you mean \"Europe/Bucharest\"?" },
  { job "at = '08:00', timezone = '+02:00'", "E117", 36,
    "unknown time zone \"+02:00\" in job \"a\"", "is an offset: write a place" },
  { job "at = '08:00', timezone = 'EET-2EEST'", "E117", 36,
    "unknown time zone \"EET-2EEST\" in job \"a\"", "is a POSIX TZ string" },
  { job "at = '08:00', timezone = '../../etc/passwd'", "E117", 36,
    "unknown time zone \"../../etc/passwd\" in job \"a\"", "is a path" },
  { job "at = '08:00', timezone = 'Europe'", "E117", 36,
    "unknown time zone \"Europe\" in job \"a\"", "that is a folder of zones" },

  -- What could never be due.
  { job "at = '08:00', from = '2027-01-01', to = '2026-12-31'", "E118", 51,
    "`to` (2026-12-31) is before `from` (2027-01-01) in job \"a\"" },
  { job "at = '08:00', except = { 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun' }",
    "E118", 34, "every day of the week is excepted in job \"a\"" },
  { job "at = '2026-12-25T10:00', except = '2026-12-25'", "E118", 0,
    "the schedule of job \"a\": it would never be due",
    "help: `except` takes all of its days away" },
  { job "cron = '0 9 * * sat,sun', except = { 'sat', 'sun' }", "E118", 0,
    "the schedule of job \"a\": it would never be due" },
  { job "at = '08:00', from = '2027-01-01T09:00', to = '2027-01-01T10:00'", "E118", 0,
    "the schedule of job \"a\": it would never be due",
    "help: no slot lies between `from` and `to`" },
  { job "every = '1h', from = '2011-12-30', to = '2011-12-30', timezone = 'Pacific/Apia'", "E118",
    51, "`to` (2011-12-30) is before `from` (2011-12-30) in job \"a\"",
    "help: the clock of Pacific/Apia goes over that day" },

  -- Functions that do not answer.
  { job "next = function(p) return p end", "E119", 18,
    "`next`, asked after 2027-01-01T00:00:00Z, returned a time that is not later in job \"a\"",
    "help: next = function(previous) gets a time in seconds" },
  { job "next = function(p) return p - 60 end", "E119", 18, "returned a time that is not later" },
  { job "next = function(p) end", "E119", 18, "returned nil, not a number of seconds" },
  { job "next = function(p) return 'soon' end", "E119", 18,
    "returned a string, not a number of seconds" },
  { job "next = function(p) return p + 0.5 end", "E119", 18, "returned no whole number of seconds" },
  { job "next = function(p) return 1 / 0 end", "E119", 18, "returned no whole number of seconds" },
  { job "next = function(p) return 3e11 end", "E119", 18, "returned a time after the year 9999" },
  { "local n = 0 job 'a' { next = function(p) n = n + 1 return p + n end, post = '/a' }",
    "E119", 30, "gave two different answers" },
  { job "next = function(p) return p + 1200 end", "E119", 18, "`next` gives too many times in job \"a\"",
    "help: at most 20000 in 400 days; for more there is `every`" },
  { job "next = function(p) return p + 3600 end, from = '2000-01-01'", "E119", 18,
    "`next` does not get to the end of the 400 days ahead in job \"a\"",
    "note: asked after 1999-12-31T23:59:59Z, and after each answer, 200000 times, it has "
    .. "come to 2022-10-25T07:59:59Z",
    "help: a function is asked from `from` on: name a later one" },
  { job "next = function(p) return p + 60 end", "E119", 18,
    "`next` does not get to the end of the 400 days ahead in job \"a\"",
    "help: for times that are so near to each other there is `every`" },
  { job "next = function(p) while true do end end", "E150", 0, "loading took more than 2 s" },
  { job "next = function(p) error 'no idea' end", "E101", 0, "no idea" },
  { job "next = 'soon'", "E107", 18, "`next` must be a function, found \"soon\" in job \"a\"" },

  -- What does not go together.
  { job "every = '1h', cron = '0 9 * * *'", "E108", 25,
    "`cron` beside `every`: a job has one schedule in job \"a\"", "help: several at once:  any =" },
  { job "at = '08:00', any = { { at = '09:00' } }", "E108", 25,
    "`any` beside `at`: a job has one schedule in job \"a\"" },
  { "job 'a' { post = '/a' }", "E108", 0,
    "job \"a\" does not say when: it needs one of every, cron, at, any, next" },
  { job "cron = '*/5 * * * *', gap = 'skip'", "E108", 33,
    "`gap` is for jobs with fixed times of day in job \"a\"", "help: a job whose seconds" },
  { job "every = '5m', fold = 'both'", "E108", 25,
    "`fold` is for jobs with fixed times of day in job \"a\"" },
  { job "at = '08:00', on_excluded = 'next'", "E108", 25,
    "`on_excluded` needs `except` in job \"a\"" },
  { job "every = '5m', except = 'sat', on_excluded = 'next'", "E108", 41,
    "`on_excluded` moves times of day: it needs cron or at in job \"a\"" },
  { job "every = '1h', scale = 'nth'", "E108", 33,
    "`scale = \"nth\"` counts slots of cron or at in job \"a\"" },
  { "multiplier { production = 1.5 } " .. job "at = '08:00', scale = 'nth'", "E160", 65,
    "`scale = \"nth\"` needs a whole multiplier, found 1.5 in job \"a\"" },

  -- Alternatives.
  { job "any = { '08:00' }", "E108", 19,
    "each alternative of `any` has one of every, cron, at in job \"a\"", "help: for example  any" },
  { job "any = { { at = '08:00', every = '1h' } }", "E108", 19,
    "each alternative of `any` has one of every, cron, at in job \"a\"" },
  { job "cron = '0 9 * * *', phase = '1h'", "E108", 31,
    "`phase` moves an `every` in job \"a\"" },
  { job "at = { '08:00' }, any = { { at = '09:00' } }", "E108", 29,
    "`any` beside `at`: a job has one schedule in job \"a\"" },
  { job "any = { { phase = '1h' } }", "E108", 19,
    "`phase` of an alternative goes with `every` in job \"a\"" },
  { job "any = { { at = '08:00', phase = '1h' } }", "E108", 19,
    "`phase` of an alternative goes with `every` in job \"a\"" },
  { job "any = { { crno = '@daily' } }", "E104", 19,
    "unknown option `crno` of an alternative in job \"a\"", "did you mean `cron`?" },
  { job "any = { { every = 90 } }", "E110", 19, "`every = 90` has no unit in job \"a\"" },
  { job "any = { { every = 'auto' } }", "E112", 19, "`every = \"auto\"` is no duration in job \"a\"" },
  { job "any = { { every = '10ms' } }", "E111", 19, "`every = \"10ms\"` is too short in job \"a\"" },
  { job "any = { { at = { '08:00', '09:00' } } }", "E107", 19,
    "`at` of an alternative must be one text, found table in job \"a\"" },
  { job "any = '08:00'", "E107", 17, "`any` must be a list of tables, found \"08:00\" in job \"a\"" },
  { job "any = {}", "E105", 17, "`any` must list 1 to 64 alternatives, found 0 in job \"a\"" },

  -- Calendars.
  { "calendar 'holidays' { '2026-12-25' }  " .. job "at = '08:00', except = calendar 'holidyas'",
    "E131", 81, "calendar \"holidyas\" is not declared", "^^^ did you mean \"holidays\"?",
    "help: declare it:  calendar \"holidyas\" { \"2026-12-25\" }" },
  { "for _, n in ipairs { 'a', 'b' } do job(n) { at = '08:00', except = { calendar 'no' }, post = '/' .. n } end",
    "E131", 79, "calendar \"no\" is not declared" },
  { "calendar 'h' {} calendar 'h' {}", "E130", 0, "calendar \"h\" is declared twice",
    "second declaration", "note: first declared at" },
  { "calendar 'a b' {}", "E132", 0, "\"a b\" cannot be the name of a calendar" },
  { "calendar 'h' '2026-12-25'", "E133", 0,
    "calendar \"h\" must be followed by a list of dates, found string" },
  { "calendar 'h' { day = '2026-12-25' }", "E133", 0,
    "calendar \"h\" must be followed by a list of dates, found a table with names" },
  { "calendar 'h' (settings.holidays)", "E120", 24, "unknown field `settings.holidays`",
    "help: fields the backend sends: enableJobs, schedulerEnvironment" },
  { job "at = '08:00', except = { day = 'sat' }", "E107", 34,
    "`except` must be a list of days, found a table with names in job \"a\"" },
  { job "at = '08:00', except = { 25 }", "E107", 36, "`except` must list days, found number in job \"a\"" },

  -- Words, and sizes.
  { job "at = '08:00', gap = 'befor'", "E105", 31, "`gap` cannot be \"befor\" in job \"a\"",
    "did you mean \"before\"?", "help: allowed: after, skip, before" },
  { job "at = '08:00', scale = 'nht'", "E105", 33, "`scale` cannot be \"nht\" in job \"a\"",
    "did you mean \"nth\"?" },
  { job "at = {}", "E105", 16, "`at` must list 1 to 64 times, found 0 in job \"a\"" },
  { job "at = 800", "E107", 16,
    "`at` must be a time such as \"08:00\", or a list of them, found 800 in job \"a\"" },
  { job "at = '08:00', from = 1e18", "E107", 32, "`from` must be a date, or a date and time, found 1e+18" },
  { job "at = '08:00', jitter = '25h'", "E111", 34, "`jitter = \"25h\"` is too long in job \"a\"",
    "at most \"1d\"" },
  { job "at = '08:00', jitter = '10ms'", "E111", 34, "`jitter = \"10ms\"` is too short in job \"a\"",
    "at least \"1s\"" },
  { "local many = {} for i = 1, 65 do many[i] = '08:00' end " .. job "at = many", "E105", 71,
    "`at` must list 1 to 64 times, found 65 in job \"a\"" },
  { "local many = {} for i = 1, 65 do many[i] = { every = '1h' } end " .. job "any = many",
    "E105", 81, "`any` must list 1 to 64 alternatives, found 65 in job \"a\"" },
  { "local days = {} for i = 1, 100001 do days[i] = '2026-12-25' end calendar 'h' (days)",
    "E105", 0, "calendar \"h\" has more than 100000 days" },
  { "local many = {} for i = 1, 16 do many[i] = calendar('h' .. i) many[i] {} end "
    .. job "at = '08:00', except = many", "E105", 0, "`except` names more than 15 calendars in job \"a\"" },
  { job "every = '1h', until = '2026-12-31'", "E100", 25,
    "syntax error: unexpected symbol near 'until'", "help: `until` is a word of Lua: the option is called `to`" },
  { job "every = '1h', end = '2026-12-31'", "E100", 25,
    "near 'end'", "help: `end` is a word of Lua: the option is called `to`" },
  { job "every = '1h', ['until'] = '2026-12-31'", "E104", 25, "unknown option `until`",
    "the option is called `to`" },
}

-- `check` at a fixed time, so that what `next` was asked is fixed too.
local function check_text(text)
  local out, code, err
  program.in_folder(function(folder)
    local file = folder .. "/schedule.lua"
    program.write(file, text)
    out, code, err = program.run { "next", "a", "--env", "production",
      "--now", "2028-03-01T00:00:00Z", file }
  end)
  return out .. err, code
end

describe("a mistake about time", function()
  for _, row in ipairs(mistakes) do
    local text, wanted, column, message = table.unpack(row, 1, 4)
    it(("is %s: %s"):format(wanted, text:sub(1, 120)), function()
      local out, code = check_text(text)
      assert.equal(78, code, out)
      local _, count = out:gsub("error%[", "")
      assert.equal(1, count, out)
      assert.truthy(out:find("error[" .. wanted .. "]: ", 1, true), out)
      assert.truthy(out:find(message, 1, true), out)
      local place = out:match "%-%-> [^:\n]+:([%d:]+)\n"
      assert.equal(column == 0 and "1" or "1:" .. column, place, out)
      for _, more in ipairs { table.unpack(row, 5) } do
        assert.truthy(out:find(more, 1, true), out)
      end
    end)
  end
end)

-- ---- what it means ----

-- The next times of job "a", in UTC and without the seconds where they are none:
-- "2026-12-24 07:00". `more`: now, n, before (text above the job), environment,
-- settings (JSON).
local function next_times(options, more)
  more = more or {}
  local times = {}
  program.in_folder(function(folder)
    local file, settings = folder .. "/schedule.lua", folder .. "/settings.json"
    program.write(file, (more.before or "") .. "\n" .. job(options))
    local arguments = { "next", "a", "--json", "-n", tostring(more.n or 3),
      "--now", more.now or "2026-12-23T12:00:00+02:00", file }
    if more.settings then
      program.write(settings, more.settings)
      table.move({ "--settings", settings }, 1, 2, #arguments + 1, arguments)
    else
      table.move({ "--env", more.environment or "production" }, 1, 2, #arguments + 1, arguments)
    end
    local out, code, err = program.run(arguments)
    assert.equal(0, code, out .. err)
    for text in out:gmatch '"(.-)"' do
      times[#times + 1] = os.date("!%Y-%m-%d %H:%M:%S", program.instant(text)):gsub(":00$", "")
    end
  end)
  return times
end

local bucharest = [[
  defaults { timezone = "Europe/Bucharest" }
  calendar "holidays" { "2026-12-25", "2026-12-26T00:00:00.000Z", "2027-01-01" }
]]

-- { options, times in UTC }, from Wed 2026-12-23 12:00 EET on.
local meanings = {
  { "at = '09:00'", "2026-12-24 07:00", "2026-12-25 07:00" },
  { "at = '09:00:30'", "2026-12-24 07:00:30" },
  { "at = { '20:00', '08:00', '08:00' }", "2026-12-23 18:00", "2026-12-24 06:00", "2026-12-24 18:00" },
  { "at = { '20:00', '2026-12-24T10:00' }", "2026-12-23 18:00", "2026-12-24 08:00", "2026-12-24 18:00" },
  { "cron = '0 9 * * *'", "2026-12-24 07:00" },
  { "cron = '15 0 9 * * *'", "2026-12-24 07:00:15" },
  { "cron = '@daily'", "2026-12-23 22:00" },
  { "cron = '0 9 1 * FRI'", "2026-12-25 07:00", "2027-01-01 07:00", "2027-01-08 07:00" },
  { "cron = '0 9 */31 * FRI'", "2026-12-25 07:00", "2027-01-01 07:00" },
  { "cron = '0 9 LW * ?'", "2026-12-31 07:00", "2027-01-29 07:00" },
  { "cron = '0 9 ? * FRI#2'", "2027-01-08 07:00", "2027-02-12 07:00" },
  { "cron = '0 9 29 2 *'", "2028-02-29 07:00", "2032-02-29 07:00" },
  { "every = '12h'", "2026-12-23 12:00", "2026-12-24 00:00" },
  -- Zones: of the defaults, or the job's own.
  { "at = '09:00', timezone = 'UTC'", "2026-12-24 09:00" },
  { "at = '09:00', timezone = 'America/New_York'", "2026-12-23 14:00" },
  { "at = '2026-12-31T23:00', timezone = 'Asia/Tokyo'", "2026-12-31 14:00" },
  -- Several at once; two that meet are one.
  { "any = { { cron = '0 9 * * mon-fri' }, { at = '12:00' }, { every = '8h', phase = '1h' } }",
    "2026-12-23 17:00", "2026-12-24 01:00", "2026-12-24 07:00", "2026-12-24 09:00", "2026-12-24 10:00" },
  { "any = { { at = '09:00' }, { cron = '0 9 * * *' } }", "2026-12-24 07:00", "2026-12-25 07:00" },
  -- Functions.
  { "next = function(p) return (p // 86400 + 1) * 86400 + 3600 end", "2026-12-24 01:00", "2026-12-25 01:00" },
  -- Days off are days of the job's zone.
  { "at = '09:00', except = calendar 'holidays'", "2026-12-24 07:00", "2026-12-27 07:00", "2026-12-28 07:00" },
  { "at = '09:00', except = { calendar 'holidays', 'Sunday', '2026-12-28' }", "2026-12-24 07:00", "2026-12-29 07:00" },
  { "at = '01:00', except = '2026-12-24'", "2026-12-24 23:00" },
  { "at = '09:00', except = { '2026-12-24T00:00', '2026-12-25T23:00:00.5+13:00', "
    .. "'2026-12-26T08:00:30', '2026-12-27T00:00:00.000' }", "2026-12-28 07:00" },
  { "every = '12h', except = '2026-12-24'", "2026-12-23 12:00", "2026-12-25 00:00" },
  { "at = { '2026-12-25T10:00', '2026-12-28T10:00' }, except = '2026-12-25'", "2026-12-28 08:00" },
  -- 25 December is a holiday, so is the 26th, the 27th a Sunday.
  { "cron = '0 9 25 * *', except = { calendar 'holidays', 'sun' }", "2027-01-25 07:00" },
  { "cron = '0 9 25 * *', except = { calendar 'holidays', 'sun' }, on_excluded = 'next'",
    "2026-12-28 07:00", "2027-01-25 07:00" },
  { "cron = '0 9 25 * *', except = { calendar 'holidays', 'sun' }, on_excluded = 'previous'",
    "2026-12-24 07:00", "2027-01-25 07:00" },
  { "cron = '0 9 L * *', except = { 'sat', 'sun' }, on_excluded = 'previous'",
    "2026-12-31 07:00", "2027-01-29 07:00" },
  -- Bounds belong to what they bound; a day has both its ends.
  { "at = '09:00', from = '2026-12-25T09:00'", "2026-12-25 07:00" },
  { "at = '09:00', from = '2026-12-25T09:01'", "2026-12-26 07:00" },
  { "at = '00:00', from = '2026-12-25'", "2026-12-24 22:00" },
  { "every = '1h', from = '2026-12-25 00:00'", "2026-12-24 22:00" },
  { "every = '1h', from = '2026-12-25T00:00:00Z'", "2026-12-25 00:00" },
}

-- { options, how many times there are }: what ends, counted from Mon 2026-11-23
-- 14:07:31 EET on.
local ends = {
  { "at = '09:00', to = '2026-11-25T09:00'", 2 },
  { "at = '09:00', to = '2026-11-25T08:59:59'", 1 },
  { "at = '23:59:59', to = '2026-11-25'", 3 },
  { "at = '00:00', from = '2026-12-01', to = '2026-12-01'", 1 },
  { "every = '1h', to = '2026-11-23T16:00:00+02:00'", 2 },
  { "at = '2026-12-24T10:00'", 1 },
  { "at = '09:00', to = '2020-01-01'", 0 },
}

local function plan_text(text, ...)
  local arguments, plan = table.pack(...), nil
  program.in_folder(function(folder)
    local file = folder .. "/schedule.lua"
    program.write(file, text)
    arguments[#arguments + 1] = file
    if not table.concat(arguments, " "):find("--env", 1, true) then
      table.move({ "--env", "production" }, 1, 2, #arguments + 1, arguments)
    end
    plan = program.plan(arguments)
  end)
  return plan
end

describe("time", function()
  for _, row in ipairs(meanings) do
    it("goes by " .. row[1], function()
      local wanted = table.pack(table.unpack(row, 2))
      wanted.n = nil
      assert.same(wanted, next_times(row[1], { before = bucharest, n = #wanted }))
    end)
  end

  for _, row in ipairs(ends) do
    it(("ends after %d with %s"):format(row[2], row[1]), function()
      local plan = plan_text(bucharest .. job(row[1]), "--horizon", "60d")
      assert.equal(row[2], #plan.jobs.a.next)
    end)
  end

  it("takes days off from Settings, whatever the hour beside them", function()
    local at = { before = "calendar 'h' (settings.holidays)", n = 2,
      settings = [[{"enableJobs":true,"schedulerEnvironment":"production",
        "holidays":["2026-12-24","2026-12-25T12:00:00.000Z"]}]] }
    assert.same({ "2026-12-26 09:00", "2026-12-27 09:00" },
      next_times("at = '09:00', except = calendar 'h'", at))
    at.before = "calendar 'h' (settings.holidays or {})"
    at.settings = [[{"enableJobs":true,"schedulerEnvironment":null,"holidays":null}]]
    assert.same({ "2026-12-24 09:00", "2026-12-25 09:00" },
      next_times("at = '09:00', except = calendar 'h'", at))
  end)

  for what, settings in pairs {
    ["null"] = [["holidays":null]], ["a text"] = [["holidays":"2026-12-25"]],
    ["an object"] = [["holidays":{"christmas":"2026-12-25"}]],
    ["no date"] = '"holidays":["25 December"]', ["a list with a null"] = '"holidays":[null]',
  } do
    it("takes no days off from a Setting that is " .. what, function()
      program.in_folder(function(folder)
        local file, path = folder .. "/schedule.lua", folder .. "/settings.json"
        program.write(file, "calendar 'h' (settings.holidays)")
        program.write(path, ([[{"enableJobs":true,"schedulerEnvironment":null,%s}]]):format(settings))
        local out, code, err = program.run { "check", "--settings", path, file }
        assert.equal(78, code, out .. err)
        assert.truthy(err:find("calendar \"h\"", 1, true), err)
        assert.truthy(err:find("schedule.lua:1\n", 1, true), err)
      end)
    end)
  end

  it("has defaults, of which a job says otherwise", function()
    local before = bucharest .. [[
      defaults { except = { "sat", "sun", calendar "holidays" }, jitter = "30m" }
      defaults { on_excluded = "next" }
    ]]
    local function day(options)
      return next_times("cron = '0 9 25 12 *'" .. options, { before = before, n = 1 })[1]:sub(1, 10)
    end
    assert.equal("2026-12-28", day "")
    assert.equal("2026-12-24", day ", on_excluded = 'previous'")
    assert.equal("2028-12-25", day ", on_excluded = 'skip'")
    -- What a job says of days off takes the place of all that the defaults say.
    assert.equal("2026-12-25", day ", except = 'sun'")
    assert.same({ "2026-12-25 07:00" },
      next_times("cron = '0 9 25 12 *', except = {}, jitter = '0s'", { before = before, n = 1 }))
  end)

  it("has defaults for the jobs below them", function()
    local jobs = program.plan_text([[
      job "above" { at = "20:00", post = "/a" }
      defaults { timezone = "Europe/Bucharest" }
      job "below" { at = "20:00", post = "/b" }
      defaults { timezone = "Asia/Tokyo" }
      job "last" { at = "20:00", post = "/c" }
    ]]).jobs
    local function next_of(name) return program.instant(jobs[name].next[1]) end
    assert.equal(program.instant "2026-11-23T20:00:00+00:00", next_of "above")
    assert.equal(program.instant "2026-11-23T20:00:00+02:00", next_of "below")
    assert.equal(program.instant "2026-11-24T20:00:00+09:00", next_of "last")
  end)

  it("has room for a hundred thousand days off", function()
    local plan = program.plan_text([[
      local days = {}
      for i = 1, 100000 do days[i] = os.date("!%Y-%m-%d", 1700000000 + i * 86400) end
      calendar "long" (days)
      for i = 1, 20 do job("a" .. i) { at = "09:00", except = calendar "long", post = "/" .. i } end
      for i = 1, 20 do job("b" .. i) { at = "09:00", except = days, get = "/" .. i } end
    ]])
    assert.equal(40, plan.totals.scheduled)
    assert.equal(0, plan.totals.runs_24h)
    -- 1700000000 is 14 November 2023; the last of the days, 29 August 2297.
    assert.equal(program.instant "2297-08-30T09:00:00Z", program.instant(plan.jobs.a1.next[1]))
    assert.equal(plan.jobs.a1.next[1], plan.jobs.b20.next[1])
  end)

  it("has room for 64 times, and for 64 alternatives", function()
    local plan = program.plan_text([[
      local at, any = {}, {}
      for i = 1, 64 do at[i] = ("12:%02d:%02d"):format(i // 60, i % 60) any[i] = { at = at[i] } end
      job "at" { at = at, post = "/a" }
      job "any" { any = any, post = "/b" }
    ]])
    assert.equal(64, plan.jobs.at.runs_24h)
    assert.equal(64, plan.jobs.any.runs_24h)
  end)
end)

-- ---- changes of offset ----

-- Europe/Bucharest, 2027: on 28 March 03:00 EET is followed by 04:00 EEST, both
-- 01:00 UTC; on 31 October 04:00 EEST by 03:00 EET, 01:00 UTC too. Here are the
-- times from 02:15 and from 02:45 local time on.
local spring, autumn = "2027-03-28T02:15:00+02:00", "2027-10-31T02:45:00+03:00"
local changes = {
  -- Fixed times: what does not exist comes right after the gap, once.
  { spring, "at = '03:30'", "03-28 01:00", "03-29 00:30" },
  { spring, "cron = '0,30 3 * * *'", "03-28 01:00", "03-29 00:00" },
  { spring, "cron = '30 3,4 * * *'", "03-28 01:00", "03-28 01:30", "03-29 00:30" },
  { spring, "at = { '03:30', '04:00' }", "03-28 01:00", "03-29 00:30", "03-29 01:00" },
  { spring, "at = '03:30', gap = 'skip'", "03-29 00:30" },
  { spring, "at = '03:30', gap = 'before'", "03-28 00:59:59", "03-29 00:30" },
  { spring, "at = '2027-03-28T03:30'", "03-28 01:00" },
  { spring, "cron = '30 0-23 * * *'", "03-28 00:30", "03-28 01:00", "03-28 01:30" },
  -- Wildcards follow the clock on the wall.
  { spring, "cron = '*/30 * * * *'", "03-28 00:30", "03-28 01:00", "03-28 01:30" },
  { spring, "cron = '30 * * * *'", "03-28 00:30", "03-28 01:30", "03-28 02:30" },
  { spring, "cron = '30 */3 * * *'", "03-28 03:30" },
  -- Fixed times that come twice.
  { autumn, "at = '03:30'", "10-31 00:30", "11-01 01:30" },
  { autumn, "at = '03:30', fold = 'last'", "10-31 01:30", "11-01 01:30" },
  { autumn, "at = '03:30', fold = 'both'", "10-31 00:30", "10-31 01:30", "11-01 01:30" },
  { autumn, "cron = '30 0-23 * * *'", "10-31 00:30", "10-31 02:30", "10-31 03:30" },
  { autumn, "at = '2027-10-31T03:30'", "10-31 00:30" },
  { autumn, "cron = '30 * * * *'", "10-31 00:30", "10-31 01:30", "10-31 02:30" },
  -- An interval has no clock.
  { spring, "every = '1h'", "03-28 01:00", "03-28 02:00", "03-28 03:00" },
  { autumn, "every = '1h'", "10-31 00:00", "10-31 01:00", "10-31 02:00" },
}

describe("a change of offset", function()
  for _, row in ipairs(changes) do
    local now, options = row[1], row[2]
    it(("%s meets %s"):format(now:sub(1, 10), options), function()
      local wanted = { table.unpack(row, 3) }
      for i, text in ipairs(wanted) do wanted[i] = "2027-" .. text end
      assert.same(wanted, next_times(options, { before = bucharest, now = now, n = #wanted }))
    end)
  end
end)

-- ---- jitter, and each nth ----

local function instants(job_planned)
  local list = {}
  for i, text in ipairs(job_planned.next) do list[i] = program.instant(text) end
  return list
end

describe("jitter", function()
  local text = bucharest .. [[
    job "plain" { cron = "0 */2 * * *", post = "/a" }
    job "late" { cron = "0 */2 * * *", jitter = "10m", post = "/a" }
    job "later" { cron = "0 */2 * * *", jitter = "10m", post = "/a" }
    job "crowd" { every = "1m", jitter = "1h", post = "/a" }
  ]]
  local first = plan_text(text, "--horizon", "30d")

  it("puts slots off by less than it says, and not all by the same", function()
    local plain, late = instants(first.jobs.plain), instants(first.jobs.late)
    assert.equal(360, #plain)
    local seen, kinds = {}, 0
    for i, at in ipairs(plain) do
      local delay = late[i] - at
      assert.is_true(delay >= 0 and delay < 600, plain[i])
      if not seen[delay] then seen[delay], kinds = true, kinds + 1 end
    end
    assert.is_true(kinds > 200, kinds)
  end)

  it("is the same each time, and another for each job", function()
    assert.same(first.jobs.late.next, plan_text(text, "--horizon", "30d").jobs.late.next)
    assert.same(first.jobs.late.next, plan_text(text, "--horizon", "30d", "--env", "staging").jobs.late.next)
    assert.not_same(first.jobs.late.next, first.jobs.later.next)
  end)

  it("leaves slots in their order, one in each interval", function()
    local list = instants(first.jobs.crowd)
    assert.equal(30 * 1440, #list)
    for i = 2, #list do
      assert.equal(list[i - 1] // 60 + 1, list[i] // 60)
    end
  end)
end)

describe('scale = "nth"', function()
  local text = bucharest .. [[
    multiplier { production = 1, staging = 3 }
    job "cron" { cron = "*/20 8-17 * * mon-fri", scale = "nth", post = "/a" }
    job "at" { at = "09:00", scale = "nth", post = "/b" }
    job "all" { at = "09:00", post = "/c" }
  ]]
  local production = plan_text(text, "--horizon", "60d")
  local staging = plan_text(text, "--horizon", "60d", "--env", "staging")

  it("has each nth slot of production's", function()
    for _, name in ipairs { "cron", "at" } do
      local all, some = production.jobs[name].next, staging.jobs[name].next
      local first
      for i = 1, 3 do first = first or all[i] == some[1] and i end
      assert.is_number(first, name)
      assert.equal((#all - first) // 3 + 1, #some)
      for i, at in ipairs(some) do assert.equal(all[first + 3 * (i - 1)], at) end
    end
  end)

  it("is asked for: times of day are not multiplied by themselves", function()
    assert.same(production.jobs.all.next, staging.jobs.all.next)
    assert.equal(3, staging.jobs.at.multiplier)
    assert.is_nil(staging.jobs.all.multiplier)
  end)
end)

-- ---- docs/time.md ----

local document = program.read "docs/time.md"

-- The rows of the table below a heading row, cell by cell.
local function rows(heading)
  local from = select(2, document:find("| " .. heading .. " |\n|", 1, true))
  local list = {}
  for line in document:sub(from):match "\n(.-)\n\n":gmatch "[^\n]+" do
    local cells = {}
    for cell in line:gmatch "| ([^|]*)%f[|]" do cells[#cells + 1] = (cell:gsub("%s+$", "")) end
    list[#list + 1] = cells
  end
  assert(#list > 0, heading)
  return list
end

local months = { January = 1, February = 2, March = 3, April = 4, May = 5, June = 6, July = 7,
  August = 8, September = 9, October = 10, November = 11, December = 12 }

-- Midnight UTC of "28 March" 2027.
local function utc_of(text)
  local day, month = text:match "^(%d+) (%a+)$"
  return program.instant(("2027-%02d-%02dT00:00:00Z"):format(months[month], day))
end

local spring_forward = program.instant "2027-03-28T01:00:00Z"
local fall_back = program.instant "2027-10-31T01:00:00Z"

local function is_summer(at) return at >= spring_forward and at < fall_back end

-- Where the local day begins whose date has this midnight UTC.
local function day_begins(utc) return utc - (is_summer(utc - 3 * 3600) and 3 or 2) * 3600 end

-- What a job does on a day, as a cell of the table says it: "03:30 EEST".
local function cell_of(times, date, abbreviated)
  local utc, texts = utc_of(date), {}
  for _, text in ipairs(times) do
    local at = program.instant(text)
    if at >= day_begins(utc) and at < day_begins(utc + 86400) then
      local clock = os.date("!%H:%M:%S", at + (is_summer(at) and 3 or 2) * 3600):gsub(":00$", "")
      texts[#texts + 1] = abbreviated and clock .. (is_summer(at) and " EEST" or " EET") or clock
    end
  end
  return #texts > 0 and table.concat(texts, ", ") or "-"
end

local function times_of(options, now, ...)
  return plan_text(bucharest .. job(options), "--now", now, "--horizon", ...).jobs.a.next
end

describe("docs/time.md", function()
  for heading, now in pairs {
    ["schedule | 27 March | 28 March | 29 March"] = "2027-03-26T12:00:00Z",
    ["schedule | 30 October | 31 October | 1 November"] = "2027-10-29T12:00:00Z",
  } do
    local dates = { heading:match "| (%d.-) | (%d.-) | (%d.-)$" }
    for _, row in ipairs(rows(heading)) do
      it(("knows what %s does on %s"):format(row[1], dates[2]), function()
        local times = times_of(row[1]:match "^`(.*)`$", now, "4d")
        for i, date in ipairs(dates) do
          assert.equal(row[i + 1], cell_of(times, date, now:find("-10-", 1, true)), date)
        end
      end)
    end
  end

  for _, row in ipairs(rows "expression | the day is | 2027") do
    local expression = row[1]:match "^`(.*)`$"
    it("knows the days of " .. expression, function()
      local times = times_of(("cron = '%s'"):format(expression), "2026-12-31T12:00:00Z", "250d")
      local i = 0
      for date in row[3]:gmatch "[^,]+" do
        i = i + 1
        local at = utc_of((date:gsub("^ ", ""))) + 9 * 3600
        assert.equal(at - (is_summer(at) and 3 or 2) * 3600, program.instant(times[i]), date)
      end
    end)
  end

  it("counts the hours of two days", function()
    assert.equal(23, #times_of("cron = '30 * * * *'", "2027-03-27T22:00:00Z", "23h"))
    assert.equal(25, #times_of("cron = '30 * * * *'", "2027-10-30T21:00:00Z", "25h"))
  end)

  it("knows other zones than Bucharest", function()
    local function first(options, now) return next_times(options, { now = now, n = 1 })[1] end
    assert.equal("2027-04-29 22:00", first("at = '00:00', timezone = 'Africa/Cairo'", "2027-04-29T12:00:00+02:00"))
    assert.equal("2027-10-02 15:30", first("at = '02:15', timezone = 'Australia/Lord_Howe'", "2027-10-02T12:00:00+10:30"))
    -- Samoa had no 30 December 2011.
    assert.same({ "2011-12-29 22:00", "2011-12-30 22:00" },
      next_times("at = '12:00', timezone = 'Pacific/Apia'", { now = "2011-12-29T11:00:00-10:00", n = 2 }))
    assert.equal("2026-12-24 03:30", first("at = '09:00', timezone = 'Asia/Calcutta'"))
  end)

  it("has a Friday the 13th", function()
    assert.same({ "2027-08-13 06:00", "2028-10-13 06:00" }, next_times(
      "cron = '0 9 13 * *', except = { 'mon', 'tue', 'wed', 'thu', 'sat', 'sun' }",
      { before = bucharest, n = 2 }))
  end)
end)

describe("docs/migration.md", function()
  local seen = 0
  for cell in program.read("docs/migration.md"):gmatch "\n| [^|]+ | ([^|]+) |" do
    for snippet in cell:gmatch "`(%l+ = [^`]+)`" do
      if not snippet:find "%.%.%." and not snippet:find "function" then
        seen = seen + 1
        local schedule = snippet:find "every =" or snippet:find "cron =" or snippet:find "at ="
        local text = ("job 'a' { %s, %s get = '/a' }"):format(snippet,
          schedule and "" or snippet:find "phase =" and "every = '1h'," or "at = '08:00',")
        it("has an option that is one: " .. snippet, function()
          local out, code = program.check_text(text)
          assert.equal(0, code, out)
        end)
      end
    end
  end

  it("has options", function() assert.is_true(seen > 30, seen) end)
end)
