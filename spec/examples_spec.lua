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

  it("heartbeat: stays, at its pace, when jobs are off", function()
    local jobs = program.plan({ "--env", "staging", "--jobs", "off",
      folder .. "heartbeat.lua" }).jobs
    assert.is_true(jobs["presence"].scheduled)
    assert.equal(minutes(1), jobs["presence"].every_ms)
    assert.is_true(jobs["dead-man-switch"].scheduled)
  end)
end)
