-- `mooncron explain`: expressions, jobs and codes in words.

local cjson = require "cjson"
local program = require "program"

local function explain(...)
  local out, code, err = program.run { "explain", "--now", program.now, ... }
  assert(code == 0, err)
  return out
end

local function refused(...)
  local out, code, err = program.run { "explain", ... }
  assert.equal("", out)
  return err, code
end

-- The lines of an explanation that stand under a label.
local function under(label, out)
  local lines, current = {}, nil
  for line in out:gmatch "[^\n]+" do
    local name, text = line:match "^  (%a*) +(.*)$"
    if name and name ~= "" then current = name end
    if text and current == label then lines[#lines + 1] = text end
  end
  return lines
end

local SCHEDULE = [[
  defaults { timezone = "Europe/Bucharest" }
  calendar "holidays" { "2026-12-25", "2026-12-26", "2027-01-01", "2027-01-02" }
  job "days" {
    at = { "03:30", "20:00" },
    except = { "sat", "sun", calendar "holidays", "2026-11-30" },
    on_excluded = "next", jitter = "10m", from = "2026-11-24",
    to = "2027-06-01", post = "/a",
  }
  job "any" {
    any = { { cron = "*/20 2-4 * * *" }, { at = "03:10" },
      { every = "7h", phase = "1h" } },
    gap = "skip", post = "/b",
  }
  job "same" {
    any = { { at = "03:30" }, { cron = "30 3 * * *" }, { every = "1h" }, { at = "03:30" } },
    post = "/j",
  }
  job "lattice" { every = "20m", phase = "3m18s", post = "/c" }
  job "daily" { every = "24h", phase = "90m", post = "/d" }
  job "once" { at = "2027-03-28T03:30", post = "/e" }
  job "staging" { cron = "0 8 * * *", only = { "staging" }, post = "/f" }
  job "function" { next = function(previous) return previous + 5 * 3600 end, post = "/g" }
  job "spring" { at = "03:30", to = "2027-06-01", post = "/i" }
  job "thinned" { at = "06:00", scale = "nth", post = "/h" }
  multiplier { staging = 3 }
]]

local function explain_job(name, ...)
  local arguments = { ... }
  local out
  program.in_folder(function(folder)
    local file = folder .. "/schedule.lua"
    program.write(file, SCHEDULE)
    if #arguments == 0 then arguments = { "--env", "production" } end
    out = explain(name, file, table.unpack(arguments))
  end)
  return out
end

describe("explain EXPR", function()
  it("tells everything", function()
    assert.equal([[
At 02:30 every day (Europe/Bucharest)
  next   Tue 2026-11-24 02:30 EET, in 12h22m
  then   Wed 2026-11-25 02:30 EET
         Thu 2026-11-26 02:30 EET
  DST    02:30 exists on every day of the coming year
         Sun 2027-03-28 03:00 EET -> 04:00 EEST: the clock is set forward
         Sun 2027-10-31 04:00 EEST -> 03:00 EET: the clock is set back
  Lua    at = "02:30", timezone = "Europe/Bucharest"
  others crontab    30 2 * * *   (in the machine's time zone; cronie: CRON_TZ=Europe/Bucharest)
         croner     30 2 * * *   (timezone: "Europe/Bucharest")
         Quartz     0 30 2 * * ?   (inTimeZone Europe/Bucharest)
         systemd    *-*-* 02:30:00 Europe/Bucharest
         Kubernetes 30 2 * * *   (timeZone: "Europe/Bucharest")
]], explain("30 2 * * *", "--tz", "Europe/Bucharest"))
  end)

  it("tells what a change of offset does", function()
    assert.same({
      "2 changes in the coming year touch it",
      "Sun 2027-03-28 03:00 EET -> 04:00 EEST: the clock is set forward; "
        .. "03:30 does not exist and fires at 04:00",
      "Sun 2027-10-31 04:00 EEST -> 03:00 EET: the clock is set back; "
        .. "03:30 comes twice and fires at its first coming",
    }, under("DST", explain("30 3 * * *", "--tz", "Europe/Bucharest")))
    assert.same({ "none: the clock of Asia/Tokyo is never set" },
      under("DST", explain("30 3 * * *", "--tz", "Asia/Tokyo")))
    assert.equal("1 change in the coming year touches it",
      under("DST", explain("30 3 1-28 3 *", "--tz", "Europe/Bucharest"))[1])
    assert.equal("08:00 exists on each of its days in the coming year",
      under("DST", explain("0 8 * * 1", "--tz", "Europe/Bucharest"))[1])
  end)

  it("carries gap and fold to Lua", function()
    assert.same({ 'at = "03:30", timezone = "Europe/Bucharest", gap = "skip", fold = "last"' },
      under("Lua", explain("30 3 * * *", "--tz", "Europe/Bucharest",
        "--gap", "skip", "--fold", "last")))
  end)

  it("says what cannot be said elsewhere", function()
    assert.same({
      "crontab    -   (no seconds, L, W and # there)",
      "croner     -   (not every release has L-n and W)",
      'Quartz     0 0 8 LW * ?   (inTimeZone UTC)',
      "systemd    -   (no W there)",
      "Kubernetes -   (no seconds, L, W and # there)",
    }, under("others", explain "0 8 LW * *"))
    assert.same({ "systemd    *-*-01 00:00:00 UTC",
        "Mon *-*-* 00:00:00 UTC   (and)" },
      { select(5, table.unpack(under("others", explain "0 0 1 * 1"), 1, 6)) })
  end)

  it("takes times of day as `at` does", function()
    assert.truthy(explain("08:00,20:00"):find(
      "^At 08:00 every day %(UTC%)\nAt 20:00 every day %(UTC%)\n"))
  end)

  it("tells of other times with --from", function()
    assert.same({ "Sat 2028-01-01 00:00 UTC, in 403d11h" },
      under("next", explain("@yearly", "-n", "1", "--from", "2028-01-01")))
    assert.same({ "never" },
      under("next", explain("2026-01-01T08:00")))
  end)

  it("says it in JSON", function()
    local told = cjson.decode(explain("30 3 1 * 1", "--tz", "Europe/Bucharest",
      "--json", "--from", "2027-10-20"))
    assert.equal(1, told.version)
    assert.equal(cjson.null, told.job)
    assert.same({ "At 03:30 on the 1st of the month and on every Monday "
      .. "(either one) (Europe/Bucharest)" }, told.words)
    assert.same({}, told.rules)
    assert.equal("Europe/Bucharest", told.timezone)
    assert.same({ "2027-10-25T03:30:00+03:00", "2027-11-01T03:30:00+02:00",
      "2027-11-08T03:30:00+02:00" }, told.next)
    assert.same({
      at = "2027-10-31T01:00:00Z", offset_before_s = 10800,
      offset_after_s = 7200, fate = "untouched",
      words = "Sun 2027-10-31 04:00 EEST -> 03:00 EET: the clock is set back",
    }, told.transitions[1])
    assert.equal('cron = "30 3 1 * 1", timezone = "Europe/Bucharest"', told.lua)
    assert.same({ "*-*-01 03:30:00 Europe/Bucharest",
      "Mon *-*-* 03:30:00 Europe/Bucharest" }, told.others.systemd)
    assert.equal(cjson.null,
      cjson.decode(explain("0 8 LW * *", "--json")).others.systemd)
  end)

  it("refuses what is no expression, or no zone", function()
    local err, code = refused "0 25 * * *"
    assert.equal(64, code)
    assert.truthy(err:find("  |   ^^ hour field: 25 is out of range 0-23", 1, true))
    err, code = refused("0 5 * * *", "--tz", "Europe/Bukarest")
    assert.equal(64, code)
    assert.truthy(err:find('did you mean "Europe/Bucharest"?', 1, true))
    _, code = refused("0 5 * * *", "schedule.lua")
    assert.equal(64, code)
  end)
end)

describe("explain JOB", function()
  it("tells the rules", function()
    local out = explain_job "days"
    assert.truthy(out:find "^days %(.+/schedule.lua:3%)\n")
    assert.same({ "At 03:30 every day (Europe/Bucharest)",
      "At 20:00 every day (Europe/Bucharest)" }, under("when", out))
    assert.same({
      "Saturday and Sunday; calendar holidays: 2026-12-25 and 3 more days up "
        .. "to 2027-01-02; 2026-11-30",
      "on_excluded next: it moves to the next day that is none",
    }, under("except", out))
    assert.same({ "later by up to 10 minutes, always the same for one slot" },
      under("jitter", out))
    assert.same({ "Tue 2026-11-24 00:00 EET" }, under("from", out))
    assert.equal(1, #under("to", out))
    assert.same({}, under("others", out))
    -- the change is on a Sunday, which is excluded
    assert.equal("no change in the coming year touches it", under("DST", out)[1])
  end)

  it("tells what becomes of runs", function()
    program.in_folder(function(folder)
      local file = folder .. "/schedule.lua"
      program.write(file, [[
        local function tell() end
        job "all" {
          every = "1h", post = "/a",
          overlap = { policy = "allow", max = 3 },
          retry = { attempts = 5, backoff = "1s..30s", on = { "network", 429 } },
          catch_up = { window = "1d", policy = "all", max = 24 },
          deadline = "10m", min_gap = "30m", max_runs = 9,
          on_failure = tell, on_success = tell, on_recover = tell, alert_after = 3,
          heartbeat = "https://ping.example/a",
        }
        job "none" { every = "1h", post = "/b", retry = false }
      ]])
      local out = explain("all", file, "--env", "production", "--json")
      assert.same({
        overlap = "3 runs go on beside each other at most",
        retry = "up to 5 attempts, after pauses of at most 1s, growing to 30s; on network, busy",
        catch_up = "slots that were missed are run, up to 1d late, and 24 at most",
        deadline = "a run is over after 10m",
        min_gap = "from one start to the next at least 30m",
        max_runs = "9 in the life of the job",
        on_failure = "is called once 3 runs in a row have failed",
        on_success = "is called after each success",
        on_recover = "is called when it works again",
        heartbeat = "https://ping.example/a",
      }, cjson.decode(out).rules)
      assert.same({ "what fails is not repeated" },
        under("retry", explain("none", file, "--env", "production")))
      out = explain("none", file, "--env", "production", "--json")
      assert.same({ retry = "what fails is not repeated" }, cjson.decode(out).rules)
    end)
  end)

  it("tells only of changes that the job lives to see", function()
    local told = under("DST", explain_job "spring")
    assert.equal("1 change in the coming year touches it", told[1])
    assert.truthy(told[2]:find("fires at 04:00", 1, true))
    assert.truthy(told[3]:find("set back$"))
  end)

  it("tells of each term by itself", function()
    local out = explain_job "any"
    assert.same({
      "Every 20 minutes from 02:00 to 04:40 every day (Europe/Bucharest)",
      "At 03:10 every day (Europe/Bucharest)",
      "Every 7 hours, counted from 1970-01-01T01:00:00Z",
    }, under("when", out))
    local forward, back = select(2, table.unpack(under("DST", out)))
    assert.truthy(forward:find("; 03:00, 03:20 and 03:40 do not exist and are "
      .. "skipped; 03:10 does not exist and is skipped", 1, true))
    assert.truthy(back:find("; 03:00, 03:20 and 03:40 come twice and fire both "
      .. "times; 03:10 comes twice and fires at its first coming", 1, true))
  end)

  it("tells of the same alternative once", function()
    local out = explain_job "same"
    assert.same({ "At 03:30 every day (Europe/Bucharest)",
      "Every hour, from 00:00 UTC on" }, under("when", out))
    local forward = under("DST", out)[2]
    assert.equal(1, select(2, forward:gsub("does not exist", "")))
  end)

  it("tells of lattices", function()
    local out = explain_job "lattice"
    assert.same({ "Every 20 minutes, from 00:03:18 UTC on" }, under("when", out))
    assert.same({ "Mon 2026-11-23 14:23:18 EET, in 15m47s" }, under("next", out))
    assert.same({ "none: it names no time of day" }, under("DST", out))
    assert.same({ "At 01:30 UTC every day" }, under("when", explain_job "daily"))
  end)

  it("tells of a multiplier", function()
    assert.same({ "written every 20m, and 3 times that in staging" },
      under("scale", explain_job("lattice", "--env", "staging")))
    local out = explain_job("thinned", "--env", "staging")
    assert.same({ "only one time of 3, counted from 1970" }, under("scale", out))
    assert.same({}, under("others", out))
  end)

  it("tells of a single time that does not exist", function()
    assert.same({ "Once, at Sun 2027-03-28 04:00 EEST: 2027-03-28T03:30 does not exist" },
      under("when", explain_job "once"))
    assert.same({ "never" }, under("then", explain_job "once"))
  end)

  it("tells why there are no times", function()
    local out = explain_job "staging"
    assert.same({ "not scheduled in production: `only` lists other environments" },
      under("here", out))
    assert.same({}, under("next", out))
  end)

  it("tells of functions", function()
    assert.truthy(under("when", explain_job "function")[1]:find(
      "^When its function says so: %d+ times, the last one "))
  end)

  it("says it in JSON", function()
    local told = cjson.decode(explain_job("days", "--json", "--env", "production"))
    assert.equal("days", told.job)
    assert.equal("later by up to 10 minutes, always the same for one slot",
      told.rules.jitter)
    assert.equal(cjson.null, told.lua)
    assert.same({}, told.others)
  end)

  it("guesses a name", function()
    local err, code
    program.in_folder(function(folder)
      program.write(folder .. "/schedule.lua", SCHEDULE)
      err, code = refused("latice", "--env", "production", folder .. "/schedule.lua")
    end)
    assert.equal(1, code)
    assert.truthy(err:find('did you mean "lattice"?', 1, true))
  end)
end)

describe("explain CODE", function()
  it("says what a code means", function()
    assert.truthy(explain("e110"):find "^E110: ")
    assert.equal("E110", cjson.decode(explain("E110", "--json")).code)
    local _, code = refused "E999"
    assert.equal(64, code)
  end)
end)
