-- The shipped schedule: what it does in each environment.

local program = require "program"

local file = "scripts/schedules.lua"

-- The worked example of the design: next slot after Mon 14:07:31 EET and slots
-- in 24 hours, under production and staging. Those of the cleanups are put off by
-- their jitter.
local design = {
  ["heartbeat"] = { "23T14:08:11", 1440, "23T14:08:11", 1440 },
  ["hub-snapshot-events"] = { "23T14:09:51", 24, "23T15:09:51", 8 },
  ["sync-city-counters"] = { "23T14:16:40", 24, "23T16:16:40", 8 },
  ["feed-aggregate"] = { "23T14:19:23", 96, "23T14:34:23", 32 },
  ["feed-rank"] = { "23T14:23:18", 72, "23T14:23:18", 24 },
  ["sync-listing-type-counters"] = { "23T14:39:16", 24, "23T14:39:16", 8 },
  ["hub-snapshot-services"] = { "23T14:49:58", 24, "23T16:49:58", 8 },
  ["hub-snapshot-locations"] = { "23T15:01:18", 24, "23T17:01:18", 8 },
  ["cleanup-temp-media"] = { "24T02:31:46", 1, "24T02:31:46", 1 },
  ["feed-flush"] = { "24T03:30:00", 1, "24T03:30:00", 1 },
  ["cleanup-deleted-listings"] = { "24T04:01:17", 1, "24T04:01:17", 1 },
  ["admin-digest-daily"] = { "24T08:00:00", 1, "24T08:00:00", 1 },
}

local function names(plan, scheduled)
  local list = {}
  for _, job in ipairs(plan.jobs) do
    if job.scheduled == scheduled then list[#list + 1] = job.name end
  end
  table.sort(list)
  return list
end

local function assert_design(plan, column)
  for name, row in pairs(design) do
    local job = assert(plan.jobs[name], name .. " is missing")
    local wanted = program.instant("2026-11-" .. row[column] .. "+02:00")
    assert.equal(wanted, program.instant(job.next[1]), name)
    assert.equal(row[column + 1], job.runs_24h, name)
  end
end

describe("scripts/schedules.lua", function()
  it("is valid", function()
    local out, code = program.check(file)
    assert.equal(0, code, out)
  end)

  it("has no warnings", function()
    for _, environment in ipairs { "production", "staging", "development" } do
      local plan = program.plan { "--env", environment, "--strict", file }
      assert.equal(0, #plan.warnings)
    end
  end)

  it("is checked where no file is named", function()
    local out, code = program.run { "check" }
    assert.equal(0, code, out)
  end)

  it("has twelve jobs in production, as the design works them out", function()
    local plan = program.plan { "--env", "production", file }
    assert.equal(12, #plan.jobs)
    assert.equal(12, plan.totals.jobs)
    assert.equal(12, plan.totals.scheduled)
    assert.equal("production", plan.environment)
    assert_design(plan, 1)
  end)

  it("runs 292 times a day in production, the heartbeat left out", function()
    local plan = program.plan { "--env", "production", file }
    assert.equal(292 + 1440, plan.totals.runs_24h)
  end)

  it("runs a third as often on staging", function()
    local plan = program.plan { "--env", "staging", file }
    assert_design(plan, 3)
    assert.equal(100 + 1440, plan.totals.runs_24h)
    assert.equal(3 * 20 * 60000, plan.jobs["feed-rank"].every_ms)
    assert.equal(20 * 60000, plan.jobs["feed-rank"].base_every_ms)
    assert.equal(3, plan.jobs["feed-rank"].multiplier)
  end)

  it("runs six times slower anywhere else", function()
    for _, environment in ipairs { "development", "qa" } do
      local plan = program.plan { "--env", environment, file }
      assert.equal(51 + 1440, plan.totals.runs_24h)
      assert.equal(6 * 15 * 60000, plan.jobs["feed-aggregate"].every_ms)
      assert.is_nil(plan.jobs["cleanup-temp-media"].multiplier)
    end
  end)

  it("has staging's slots among production's, all day", function()
    local production = program.plan { "--env", "production", "--horizon", "24h", file }
    local staging = program.plan { "--env", "staging", "--horizon", "24h", file }
    for _, job in ipairs(staging.jobs) do
      local slots = {}
      for _, at in ipairs(production.jobs[job.name].next) do slots[at] = true end
      assert.equal(job.runs_24h, #job.next, job.name)
      for _, at in ipairs(job.next) do
        assert.is_true(slots[at], job.name .. " at " .. at)
      end
    end
  end)

  it("has its nights and mornings by the clock in Bucharest, all year", function()
    local plan = program.plan { "--env", "production", "--horizon", "366d", file }
    local function clock(name)
      local earliest, latest = "24:00:00", "00:00:00"
      for _, text in ipairs(plan.jobs[name].next) do
        local at = program.instant(text)
        -- Summer time: 2027-03-28 to 2027-10-31, both at 01:00 UTC.
        local summer = at >= 1806195600 and at < 1824944400
        local shown = os.date("!%H:%M:%S", at + (summer and 3 or 2) * 3600)
        if shown < earliest then earliest = shown end
        if shown > latest then latest = shown end
      end
      assert.equal(366, #plan.jobs[name].next)
      return earliest, latest
    end
    local first, last = clock "cleanup-temp-media"
    assert.is_true("02:30:00" <= first and last < "02:40:00", first .. " " .. last)
    first, last = clock "cleanup-deleted-listings"
    assert.is_true("04:00:00" <= first and last < "04:10:00", first .. " " .. last)
    assert.same({ "08:00:00", "08:00:00" }, { clock "admin-digest-daily" })
  end)

  it("keeps heartbeat and digest when jobs are off, and says why", function()
    local plan = program.plan { "--env", "production", "--jobs", "off", file }
    assert.same({ "admin-digest-daily", "heartbeat" }, names(plan, true))
    assert.equal(2, plan.totals.scheduled)
    assert.equal(10, #names(plan, false))
    assert.is_string(plan.jobs["feed-rank"].reason)
    assert.equal(plan.jobs["feed-rank"].reason, plan.jobs["feed-flush"].reason)
    assert.equal(false, plan.settings.enableJobs)
  end)

  it("asks NODE_ENV where Settings have no environment", function()
    program.in_folder(function(folder)
      local settings = folder .. "/settings.json"
      program.write(settings, [[{"enableJobs":true,"schedulerEnvironment":null}]])
      local arguments = { "--settings", settings, file }
      local staging = program.plan(arguments, { NODE_ENV = "staging" })
      assert.equal(3, staging.jobs["feed-rank"].multiplier)
      local neither = program.plan(arguments)
      assert.equal("development", neither.environment)
      assert.equal(6, neither.jobs["feed-rank"].multiplier)
    end)
  end)

  it("calls the endpoints that the backend has", function()
    local plan = program.plan { "--env", "production", file }
    local calls = {}
    for _, job in ipairs(plan.jobs) do
      if job.target and job.target.method then
        calls[#calls + 1] = job.target.method .. " " .. job.target.path
      end
    end
    table.sort(calls)
    assert.same({
      "POST /api/cleanup/deleted-listings",
      "POST /api/cleanup/temp-media",
      "POST /api/feed/aggregate",
      "POST /api/feed/flush",
      "POST /api/feed/rank",
      "POST /api/hub/build-snapshot",
      "POST /api/hub/build-snapshot",
      "POST /api/hub/build-snapshot",
      "POST /api/sync/city-counters",
      "POST /api/sync/listing-type-counters",
    }, calls)
  end)

  it("says what becomes of a night that was missed, and of a failure", function()
    local jobs = program.plan({ "--env", "production", file }).jobs
    local hours = { ["feed-flush"] = 12, ["cleanup-deleted-listings"] = 6, ["admin-digest-daily"] = 4 }
    for _, job in ipairs(jobs) do
      local window = hours[job.name]
      assert.same(window and { window_ms = window * 3600000, max = 1 }, job.catch_up, job.name)
      assert.equal(job.name == "heartbeat" and 1 or 3, job.retry.attempts, job.name)
      assert.same(job.name == "admin-digest-daily" and { "on_failure" } or {}, job.hooks)
    end
  end)

  it("builds one snapshot at a time, each of its own collection", function()
    local plan = program.plan { "--env", "production", file }
    for _, collection in ipairs { "locations", "events", "services" } do
      local job = plan.jobs["hub-snapshot-" .. collection]
      assert.equal("hub", job.group)
      assert.equal(120000, job.timeout_ms)
      assert.same({ collection = collection }, job.target.body)
    end
  end)
end)
