-- The examples: each is valid, and does what its head says.

local program = require "program"

local folder = "scripts/examples/"

local function plan(name, environment)
  return program.plan { "--env", environment or "production",
    folder .. name .. ".lua" }
end

local function minutes(count) return count * 60000 end

describe("scripts/examples", function()
  local listing <close> = assert(io.popen("ls " .. folder .. "*.lua"))
  for file in listing:lines() do
    it("has a valid " .. file:match "[^/]+$", function()
      local out, code = program.check(file)
      assert.equal(0, code, out)
    end)
  end

  it("targets: encodes the query in the order of its names", function()
    local jobs = plan("targets").jobs
    assert.equal("GET", jobs["search-warm"].target.method)
    assert.equal("/api/search?limit=20&q=garden%20%26%20home",
      jobs["search-warm"].target.path)
    assert.equal("PUT", jobs["feature-flags"].target.method)
    assert.equal("DELETE", jobs["drafts-expire"].target.method)
    assert.same({ kind = "weekly", sections = { "sales", "visits" } },
      jobs["report-refresh"].target.body)
  end)

  it("multiplier: the first rule that answers wins", function()
    local jobs = plan("multiplier", "staging").jobs
    assert.equal(minutes(30), jobs["cleanup-sessions"].every_ms)
    assert.equal(minutes(24 * 60), jobs["export-orders"].every_ms)
    assert.equal(minutes(60), jobs["feed-rank"].every_ms)
    assert.equal(minutes(60), plan("multiplier").jobs["export-orders"].every_ms)
  end)

  it("scale: a job has its own say", function()
    local staging, other = plan("scale", "staging").jobs, plan("scale", "qa").jobs
    assert.equal(minutes(45), staging["feed-aggregate"].every_ms)
    assert.equal(minutes(50), staging["token-refresh"].every_ms)
    assert.equal(minutes(10), staging["thumbnails"].every_ms)
    assert.equal(minutes(40), staging["feed-rank"].every_ms)
    assert.equal(minutes(120), other["feed-rank"].every_ms)
    assert.equal(minutes(10), other["thumbnails"].every_ms)
  end)

  it("groups: jobs name the group they wait in", function()
    local jobs = plan("groups").jobs
    assert.equal(11, #jobs)
    assert.equal("index", jobs["index-people"].group)
    assert.equal("partners", jobs["partner-8"].group)
  end)

  it("environments: not every job everywhere", function()
    local function scheduled(environment, name)
      return plan("environments", environment).jobs[name].scheduled
    end
    assert.is_true(scheduled("production", "invoices-send"))
    assert.is_false(scheduled("staging", "invoices-send"))
    assert.is_true(scheduled("staging", "fixtures-reset"))
    assert.is_false(scheduled("production", "fixtures-reset"))
    assert.is_false(scheduled("production", "newsletter"))
  end)

  it("settings: the file sees those it is loaded with", function()
    assert.equal(minutes(5), plan("settings").jobs["cache-warm"].every_ms)
    local staging = plan("settings", "staging").jobs["cache-warm"]
    assert.equal(minutes(30), staging.every_ms)
    assert.same({ environment = "staging" }, staging.target.body)
  end)

  it("modules: what is required declares too", function()
    local jobs = plan("modules").jobs
    assert.equal(3, #jobs)
    assert.same({ collection = "events" }, jobs["snapshot-events"].target.body)
  end)

  -- What a reader is shown is not what `check` would tell him to change, but
  -- where the example is about just that.
  it("has no retries that are cut off, and no days that a restart costs", function()
    local files <close> = assert(io.popen("ls " .. folder .. "*.lua"))
    for file in files:lines() do
      for _, warning in ipairs(program.plan({ "--env", "production", file }).warnings) do
        assert.falsy(warning.code == "W203" or warning.code == "W204", file .. ": " .. warning.message)
      end
    end
  end)

  it("runs: overlap, retry, catch_up and their limits", function()
    local jobs = plan("runs").jobs
    assert.equal("queue", jobs["index-sync"].overlap)
    assert.equal(4, jobs["index-sync"].retry.attempts)
    assert.equal(3, jobs["video-encode"].overlap_max)
    assert.equal("cancel", jobs["board-refresh"].overlap)
    assert.same({ "network", "busy" }, jobs["invoices-charge"].retry.on)
    assert.equal(minutes(120), jobs["warehouse-export"].deadline_ms)
    assert.same({ window_ms = minutes(2880), max = 48 }, jobs["ledger-close"].catch_up)
    assert.equal(minutes(12), jobs["quota-check"].min_gap_ms)
    assert.equal(4, jobs["survey-mail"].max_runs)
  end)

  it("alerts: hooks of all, of one, of none", function()
    local jobs = plan("alerts").jobs
    assert.same({ "on_failure", "on_recover" }, jobs["feed-rank"].hooks)
    assert.equal(3, jobs["feed-rank"].alert_after)
    assert.equal(1, jobs["payouts-send"].alert_after)
    assert.same({}, jobs["avatars-tidy"].hooks)
    assert.equal("https://ping.example/backup", jobs["backup"].heartbeat)
  end)

  it("heartbeat: stays, at its pace, when jobs are off", function()
    local jobs = program.plan({ "--env", "staging", "--jobs", "off",
      folder .. "heartbeat.lua" }).jobs
    assert.is_true(jobs["presence"].scheduled)
    assert.equal(minutes(1), jobs["presence"].every_ms)
    assert.is_true(jobs["dead-man-switch"].scheduled)
  end)

  -- Those of a job within so many days, as the clock in Bucharest has it in
  -- winter: "2026-11-24 02:30:00".
  local function times(name, job, days, environment)
    local list = program.plan { "--env", environment or "production",
      "--horizon", days .. "d", folder .. name .. ".lua" }.jobs[job].next
    for i, text in ipairs(list) do
      list[i] = os.date("!%Y-%m-%d %H:%M:%S", program.instant(text) + 2 * 3600)
    end
    return list
  end

  it("cron: fields, names, last days", function()
    assert.same({ "2026-11-24 02:30:00", "2026-11-25 02:30:00" }, times("cron", "sessions-sweep", 2))
    assert.same({ "2026-11-30 18:00:00", "2026-12-31 18:00:00", "2027-01-29 18:00:00" },
      times("cron", "invoices-close", 70))
    assert.same({ "2026-12-11 10:00:00", "2027-01-08 10:00:00" }, times("cron", "newsletter-send", 50))
    -- Five days of ten hours, from Monday 14:07:31 on.
    assert.equal(5 * 40, #times("cron", "calls-sync", 7))
    for _, at in ipairs(times("cron", "telemetry-send", 30)) do
      assert.truthy(at:find " 00:[012]%d:", at)
    end
    assert.equal(288, #times("cron", "prices-pull", 1))
    assert.equal(72, #times("cron", "prices-pull", 1, "staging"))
  end)

  it("at: each day, several times, once, for a while", function()
    assert.same({ "2026-11-24 08:00:00" }, times("at", "digest", 1))
    assert.same({ "2026-11-23 17:45:30", "2026-11-24 09:15:00", "2026-11-24 13:15:00" },
      times("at", "rates", 1))
    assert.same({ "2027-01-01 00:00:00" }, times("at", "prices-2027", 300))
    local advent = times("at", "advent", 300)
    assert.equal(24, #advent)
    assert.equal("2026-12-01 07:00:00", advent[1])
    assert.same({ "2026-11-24 02:00:00" }, times("at", "tokyo-open", 1))
    local around = table.concat(times("at", "books-balance", 350), "\n")
    -- 02:59:59 before the gap, 03:30 after the fold.
    assert.truthy(around:find("2027-03-28 02:59:59", 1, true))
    assert.truthy(around:find("2027-10-31 03:30:00", 1, true))
  end)

  it("calendar: rests, and moves, and is never late by a day", function()
    local report = table.concat(times("calendar", "support-report", 30), "\n")
    assert.falsy(report:find("2026-11-30", 1, true))
    assert.falsy(report:find("2026-12-05", 1, true))
    assert.truthy(report:find("2026-12-02", 1, true))
    assert.same({ "2026-11-25 10:00:00", "2026-12-24 10:00:00", "2027-01-25 10:00:00" },
      times("calendar", "wages", 65))
    assert.same({ "2026-12-02 10:00:00", "2027-01-04 10:00:00" }, times("calendar", "rent", 45))
    for _, at in ipairs(times("calendar", "stock-pull", 40)) do
      assert.falsy(at:find "^2026%-12%-2[56]", at)
    end
  end)

  it("any: each schedule, and their sum", function()
    local day = times("any", "inbox-pull", 1)
    -- 120 in the ten hours of the office, fourteen hours on the hour; 18:00 is one
    -- of these.
    assert.equal(134, #day)
    local staging = times("any", "search-index", 7, "staging")
    -- Each two hours and at four, on six days of seven.
    assert.equal(6 * 13, #staging)
  end)

  it("next: asks a function", function()
    assert.same({ "2026-11-24 14:00:00", "2026-12-23 14:00:00" }, times("next", "tides-refresh", 40))
    assert.same({ "2026-11-28 08:00:00", "2026-11-30 08:00:00", "2026-12-05 08:00:00" },
      times("next", "rota-turn", 12))
  end)
end)
