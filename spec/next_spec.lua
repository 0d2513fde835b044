-- `mooncron next`: what it shows, in a job's zone or for an expression, and
-- what it says of an expression that is none.

local cjson = require "cjson"
local program = require "program"

-- Standard output of a `next` that goes well.
local function next_of(arguments)
  local all = { "next", "--now", program.now }
  table.move(arguments, 1, #arguments, #all + 1, all)
  local out, code, err = program.run(all)
  assert(code == 0, err)
  return out
end

local function times(arguments)
  arguments[#arguments + 1] = "--json"
  return cjson.decode(next_of(arguments))
end

-- What it says, and its exit code, where it does not.
local function refused(arguments)
  table.insert(arguments, 1, "next")
  local out, code, err = program.run(arguments)
  assert.equal("", out)
  return err, code
end

local SCHEDULE = [[
  defaults { timezone = "Europe/Bucharest" }
  job "lattice" { every = "20m", phase = "3m18s", post = "/a" }
  job "paris" { at = "08:00", timezone = "Europe/Paris", post = "/b" }
  job "twice" { at = { "2026-12-24T18:00", "2026-12-31T23:00" }, post = "/c" }
  job "staging" { at = "08:00", only = { "staging" }, post = "/d" }
]]

-- `next` of a job of that file.
local function of_job(...)
  local arguments = { ... }
  local out, code, err
  program.in_folder(function(folder)
    local file = folder .. "/schedule.lua"
    program.write(file, SCHEDULE)
    local all = { "next", "--now", program.now, "--env", "production" }
    table.move(arguments, 1, #arguments, #all + 1, all)
    all[#all + 1] = file
    out, code, err = program.run(all)
  end)
  return out, code, err
end

describe("next JOB", function()
  it("shows times in the zone of the job", function()
    assert.equal("  Tue 2026-11-24 08:00:00 CET   in 18h52m\n",
      (of_job("paris", "-n", "1")))
  end)

  it("shows a lattice in the zone of the file", function()
    assert.equal([[
  Mon 2026-11-23 14:23:18 EET   in 15m47s
  Mon 2026-11-23 14:43:18 EET   in 35m47s
  Mon 2026-11-23 15:03:18 EET   in 55m47s
  Mon 2026-11-23 15:23:18 EET   in 1h15m
]], (of_job("lattice", "-n", "4")))
  end)

  it("says where there is no more", function()
    assert.equal([[
  Thu 2026-12-24 18:00:00 EET   in 31d3h
  Thu 2026-12-31 23:00:00 EET   in 38d8h
  -- no more after this
]], (of_job "twice"))
    assert.equal("  -- none before this\n", (of_job("twice", "--previous")))
    assert.equal("[]\n", (of_job("twice", "--previous", "--json")))
  end)

  it("goes back from a date", function()
    assert.equal("  Thu 2026-12-24 18:00:00 EET   in 31d3h\n",
      (of_job("twice", "--previous", "--from", "2026-12-31", "-n", "1")))
  end)

  it("writes the offset of the zone in JSON", function()
    assert.equal('["2026-11-24T08:00:00+01:00"]\n',
      (of_job("paris", "-n", "1", "--json")))
  end)

  it("has no times for a job that is not scheduled", function()
    local out, code, err = of_job "staging"
    assert.equal("", out)
    assert.equal(1, code)
    assert.truthy(err:find("not scheduled in production", 1, true))
  end)

  it("guesses a name", function()
    local _, code, err = of_job "pari"
    assert.equal(1, code)
    assert.truthy(err:find('did you mean "paris"?', 1, true))
  end)

  it("leaves zone, gap and fold to the file", function()
    local err, code = refused { "paris", "--tz", "UTC" }
    assert.equal(64, code)
    assert.truthy(err:find("--tz goes with --cron", 1, true))
  end)
end)

describe("next --cron", function()
  it("needs no file and takes UTC", function()
    assert.equal([[
  Tue 2026-11-24 02:30:00 UTC   in 14h22m
  Wed 2026-11-25 02:30:00 UTC   in 1d14h
]], next_of { "--cron", "30 2 * * *", "-n", "2" })
  end)

  it("names a time that does not exist, and where it fires", function()
    assert.equal([[
  Sat 2027-03-27 03:30:00 EET   in 123d13h
  -- Sun 2027-03-28 03:00 EET -> 04:00 EEST: the clock is set forward; 03:30 does not exist and fires at 04:00
  Sun 2027-03-28 04:00:00 EEST   in 124d12h
  Mon 2027-03-29 03:30:00 EEST   in 125d12h
]], next_of { "--cron", "30 3 * * *", "--tz", "Europe/Bucharest",
      "--from", "2027-03-27", "-n", "3" })
  end)

  it("does with it as told", function()
    local skip = { "--cron", "30 3 * * *", "--tz", "Europe/Bucharest",
      "--from", "2027-03-28", "-n", "1", "--gap", "skip" }
    assert.equal([[
  -- Sun 2027-03-28 03:00 EET -> 04:00 EEST: the clock is set forward; 03:30 does not exist and is skipped
  Mon 2027-03-29 03:30:00 EEST   in 125d12h
]], next_of(skip))
    skip[#skip], skip[8] = "before", "2"
    assert.equal([[
  Sun 2027-03-28 02:59:59 EET   in 124d12h
  -- Sun 2027-03-28 03:00 EET -> 04:00 EEST: the clock is set forward; 03:30 does not exist and fires at 02:59:59
  Mon 2027-03-29 03:30:00 EEST   in 125d12h
]], next_of(skip))
  end)

  it("names a time that comes twice", function()
    local fold = { "--cron", "30 3 * * *", "--tz", "Europe/Bucharest",
      "--from", "2027-10-31", "-n", "2" }
    assert.equal([[
  Sun 2027-10-31 03:30:00 EEST   in 341d12h
  -- Sun 2027-10-31 04:00 EEST -> 03:00 EET: the clock is set back; 03:30 comes twice and fires at its first coming
  Mon 2027-11-01 03:30:00 EET   in 342d13h
]], next_of(fold))
    fold[#fold + 1] = "--fold"
    fold[#fold + 1] = "both"
    assert.equal([[
  Sun 2027-10-31 03:30:00 EEST   in 341d12h
  -- Sun 2027-10-31 04:00 EEST -> 03:00 EET: the clock is set back; 03:30 comes twice and fires both times
  Sun 2027-10-31 03:30:00 EET   in 341d13h
]], next_of(fold))
    fold[#fold] = "last"
    assert.equal([[
  -- Sun 2027-10-31 04:00 EEST -> 03:00 EET: the clock is set back; 03:30 comes twice and fires at its last coming
  Sun 2027-10-31 03:30:00 EET   in 341d13h
  Mon 2027-11-01 03:30:00 EET   in 342d13h
]], next_of(fold))
  end)

  it("follows the wall clock over half an hour", function()
    assert.equal([[
  Sun 2027-04-04 01:45:00 +11   in 131d2h
  -- Sun 2027-04-04 02:00 +11 -> 01:30 +1030: the clock is set back; 01:30 and 01:45 come twice and fire both times
  Sun 2027-04-04 01:30:00 +1030   in 131d2h
  Sun 2027-04-04 01:45:00 +1030   in 131d3h
  Sun 2027-04-04 02:00:00 +1030   in 131d3h
]], next_of { "--cron", "*/15 * * * *", "--tz", "Australia/Lord_Howe",
      "--from", "2027-04-04T01:30", "-n", "4" })
    assert.equal([[
  Sun 2027-10-03 01:59:00 +1030   in 313d3h
  -- Sun 2027-10-03 02:00 +1030 -> 02:30 +11: the clock is set forward; 30 times from 02:00 to 02:29 do not exist and are skipped
  Sun 2027-10-03 02:30:00 +11   in 313d3h
]], next_of { "--cron", "* * * * *", "--tz", "Australia/Lord_Howe",
      "--from", "2027-10-03T01:58", "-n", "2" })
  end)

  it("leaves out a day that a zone left out", function()
    assert.equal([[
  Thu 2011-12-29 12:00:00 -10   5442d14h ago
  -- Fri 2011-12-30 00:00 -10 -> Sat 2011-12-31 00:00 +14: the clock is set forward; 12:00 does not exist and is skipped
  Sat 2011-12-31 12:00:00 +14   5441d14h ago
]], next_of { "--cron", "0 12 * * *", "--tz", "Pacific/Apia",
      "--from", "2011-12-29", "-n", "2" })
  end)

  it("counts changes that do nothing", function()
    local out = next_of { "--cron", "0 12 29 2 *", "--tz", "Europe/Bucharest",
      "-n", "2" }
    assert.truthy(out:find("  -- and 6 more changes of offset\n", 1, true))
  end)

  it("takes a local time that does not exist for what fires in its place", function()
    assert.same({ "2027-03-28T04:00:00+03:00" }, times { "--cron", "30 3 * * *",
      "--tz", "Europe/Bucharest", "--from", "2027-03-28T03:45", "-n", "1" })
  end)

  it("goes back as it goes forward", function()
    for _, case in ipairs {
      { "30 3 * * *", "Europe/Bucharest", "2027-03-20", "2027-04-05" },
      { "*/20 3 * * *", "Europe/Bucharest", "2027-10-29", "2027-11-02" },
      { "0,15 2 * * *", "Australia/Lord_Howe", "2027-10-01", "2027-10-06" },
      { "*/15 1 * * *", "Australia/Lord_Howe", "2027-04-03", "2027-04-05" },
      { "0 */6 * * *", "Pacific/Apia", "2011-12-28", "2012-01-02" },
    } do
      local cron, zone, from, to = table.unpack(case)
      local there = times { "--cron", cron, "--tz", zone, "--from", from, "-n", "40" }
      local last = there[#there]
      assert.is_true(last > to, "the change is within " .. last)
      local back = times { "--cron", cron, "--tz", zone, "--from", last,
        "--previous", "-n", tostring(#there - 1) }
      for i, at in ipairs(back) do assert.equal(there[#there - i], at) end
      assert.equal(#there - 1, #back)
    end
  end)

  it("puts carets under what is wrong", function()
    local err, code = refused { "--cron", "0 9 * * MOM" }
    assert.equal(64, code)
    assert.equal([[
error[E113]: bad cron expression
  |
1 | 0 9 * * MOM
  |         ^^^ weekday field: `MOM` is not a weekday
  = help: did you mean `MON`?
]], err)
  end)

  it("shows the part of a long expression that is wrong", function()
    local err, code = refused { "--cron",
      ("1,"):rep(1000) .. "77" .. (",2"):rep(1000) .. " * * * *" }
    assert.equal(64, code)
    local source, carets = err:match "\n1 | (.-)\n  | ( *^+) minute field: 77 is"
    assert.equal("77", source:sub(#carets - 1, #carets))
    assert.is_true(#source < 110)
  end)

  it("refuses what is empty, or nothing but commas", function()
    local err, code = refused { "--cron", "" }
    assert.equal(64, code)
    assert.truthy(err:find("there is nothing in it", 1, true))
    err, code = refused { "--cron", (","):rep(4096) }
    assert.equal(64, code)
    assert.is_true(#err < 1000)
  end)

  it("guesses a zone", function()
    local err, code = refused { "--cron", "0 9 * * *", "--tz", "europe/bucharest" }
    assert.equal(64, code)
    assert.truthy(err:find('error[E117]: unknown time zone "europe/bucharest"', 1, true))
    assert.truthy(err:find('= help: did you mean "Europe/Bucharest"?', 1, true))
    err, code = refused { "--cron", "0 9 * * *", "--tz", "/etc/localtime" }
    assert.equal(64, code)
    assert.truthy(err:find("is a path", 1, true))
  end)

  it("ends with the years that have four digits", function()
    assert.same({ "9999-12-31T00:00:00Z" },
      times { "--cron", "0 0 * * *", "--from", "9999-12-30T12:00:00Z" })
    assert.same({}, times { "--cron", "0 0 * * *", "--previous",
      "--from", "0001-01-01T00:00:00Z" })
    assert.same({ "2017-01-01T00:00:01Z" }, times { "--cron", "* * * * * *",
      "--from", "2016-12-31T23:59:60Z", "-n", "1" })
  end)

  it("refuses times that are none", function()
    for _, from in ipairs { "noon", "1000000000000000000", "-0001-01-01",
      "2026-02-30", "2026-01-01T24:00", "" } do
      local err, code = refused { "--cron", "0 0 * * *", "--from", from }
      assert.equal(64, code, from)
      assert.truthy(err:find("--from wants a time like", 1, true), from)
    end
  end)

  it("has no room for a job", function()
    local _, code = refused { "--cron", "0 0 * * *", "job" }
    assert.equal(64, code)
  end)
end)

describe("next --at", function()
  it("takes times of day and instants", function()
    assert.same({ "2026-12-31T20:00:00+01:00", "2026-12-31T23:00:00+01:00",
        "2027-01-01T08:00:00+01:00" },
      times { "--at", "08:00,2026-12-31T23:00,20:00", "--tz", "Europe/Paris",
        "--from", "2026-12-31T12:00", "-n", "3" })
  end)

  it("names what is none", function()
    local err, code = refused { "--at", "08:00,8pm" }
    assert.equal(64, code)
    assert.truthy(err:find('not "8pm"', 1, true))
  end)
end)
