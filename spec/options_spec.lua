-- Every option: what it accepts, and that documents and types know it.

local program = require "program"

-- A job that is right, by the option that it shows. The names here, in
-- docs/lua-api.md, in types/mooncron.lua and in the engine are the same ones.
local samples = {
  every = "every = '1h30m', post = '/a'",
  cron = "cron = '30 2 * * MON-FRI', post = '/a'",
  at = "at = { '08:00', '20:00' }, post = '/a'",
  any = "any = { { cron = '0 9 * * MON' }, { every = '6h', phase = '1h' } }, post = '/a'",
  next = "next = function(previous) return previous + 86400 end, post = '/a'",
  timezone = "at = '08:00', timezone = 'Europe/Bucharest', post = '/a'",
  phase = "every = '1h', phase = '10m', post = '/a'",
  jitter = "at = '08:00', jitter = '10m', post = '/a'",
  except = "at = '08:00', except = { 'sat', '2026-12-25', calendar 'c' }, post = '/a'",
  on_excluded = "at = '08:00', except = 'sun', on_excluded = 'next', post = '/a'",
  from = "at = '08:00', from = '2026-12-01', post = '/a'",
  to = "at = '08:00', to = '2026-12-24T12:00', post = '/a'",
  gap = "at = '03:30', gap = 'skip', post = '/a'",
  fold = "at = '03:30', fold = 'both', post = '/a'",
  post = "every = '1h', post = '/a'",
  get = "every = '1h', get = '/a?b=c'",
  put = "every = '1h', put = '/a'",
  delete = "every = '1h', delete = '/a'",
  run = "every = '1h', run = function(ctx) end",
  body = "every = '1h', post = '/a', body = { list = { 1, 2.5, true, 'x' } }",
  query = "every = '1h', get = '/a', query = { a = 1, b = true, c = 'x y' }",
  headers = "every = '1h', get = '/a', headers = { ['X-Of-Ours'] = 'yes' }",
  timeout = "every = '1h', post = '/a', timeout = '1m30s'",
  overlap = "every = '1h', post = '/a', overlap = { policy = 'allow', max = 3 }",
  retry = "every = '1h', post = '/a', retry = { attempts = 5, backoff = '1s..30s', on = { 'network', 429, '5xx' } }",
  catch_up = "every = '1h', post = '/a', catch_up = { window = '12h', policy = 'all', max = 3 }",
  deadline = "every = '1h', post = '/a', deadline = '10m'",
  min_gap = "every = '1h', post = '/a', min_gap = '90m'",
  max_runs = "every = '1h', post = '/a', max_runs = 10",
  alert_after = "every = '1h', post = '/a', alert_after = 3",
  on_failure = "every = '1h', post = '/a', on_failure = function(ctx, err) end",
  on_success = "every = '1h', post = '/a', on_success = function(ctx) end",
  on_recover = "every = '1h', post = '/a', on_recover = function(ctx) end",
  heartbeat = "every = '1h', post = '/a', heartbeat = 'https://ping.example/a'",
  group = "every = '1h', post = '/a', group = 'g'",
  scale = "every = '1h', post = '/a', scale = { staging = 1.5 }",
  only = "every = '1h', post = '/a', only = { 'production', 'test' }",
  always = "every = '1h', post = '/a', always = true",
  enabled = "every = '1h', post = '/a', enabled = false",
  tags = "every = '1h', post = '/a', tags = { 'night', 'cheap' }",
  description = "every = '1h', post = '/a', description = 'tidies up'",
}

local default_samples = {
  timezone = "timezone = 'Europe/Bucharest'",
  jitter = "jitter = '10m'",
  except = "except = { 'sat', 'sun' }",
  on_excluded = "on_excluded = 'previous'",
  gap = "gap = 'before'",
  fold = "fold = 'last'",
  timeout = "timeout = '10s'",
  overlap = "overlap = 'queue'",
  retry = "retry = { attempts = 5, backoff = '1s..30s' }",
  catch_up = "catch_up = '6h'",
  deadline = "deadline = '10m'",
  min_gap = "min_gap = '30s'",
  alert_after = "alert_after = 3",
  on_failure = "on_failure = function(ctx, err) end",
  on_success = "on_success = function(ctx) end",
  on_recover = "on_recover = function(ctx) end",
  phase = "phase = 'auto'",
  headers = "headers = { ['X-Of-Ours'] = 'yes' }",
}

local function sorted_keys(map)
  local list = {}
  for key in pairs(map) do list[#list + 1] = key end
  table.sort(list)
  return list
end

local function options_documented()
  local docs = program.read "docs/lua-api.md"
  local section = docs:match "\n## Job options\n(.-)\n###"
  local known = {}
  for cell in section:gmatch "\n| ([^|]+) |" do
    for name in cell:gmatch "`([%l_]+)`" do known[name] = true end
  end
  return sorted_keys(known)
end

local function fields_typed(class)
  local types = program.read "types/mooncron.lua"
  local body = types:match("%-%-%-@class %(exact%) " .. class .. "\n(.-)\n\n")
  local known = {}
  for name in body:gmatch "%-%-%-@field ([%l_]+)" do known[name] = true end
  return sorted_keys(known)
end

-- `ot` may be meant for `at` as well.
local function transposed(name)
  if #name == 2 then return name .. name:sub(2) end
  if name:sub(-1) == name:sub(-2, -2) then return name:sub(1, -2) end
  return name:sub(1, -3) .. name:sub(-1) .. name:sub(-2, -2)
end

describe("a job option", function()
  it("is documented", function()
    assert.same(sorted_keys(samples), options_documented())
  end)

  it("has its type in types/mooncron.lua", function()
    assert.same(sorted_keys(samples), fields_typed "mooncron.Job")
    assert.same(sorted_keys(default_samples), fields_typed "mooncron.Defaults")
  end)

  for _, name in ipairs(sorted_keys(samples)) do
    local sample = samples[name]
    it(name .. " is accepted", function()
      local out, code = program.check_text(
        "group 'g' { limit = 2 } calendar 'c' {} job 'a' { " .. sample .. " }")
      assert.equal(0, code, out)
    end)

    it(name .. " is what a slip of the fingers meant", function()
      local slip = transposed(name)
      local out = program.check_text(
        "job 'a' { every = '1h', post = '/a', " .. slip .. " = 1 }")
      assert.truthy(out:find("E104", 1, true), out)
      assert.truthy(out:find(("did you mean `%s`?"):format(name), 1, true), out)
    end)
  end

  for _, name in ipairs(sorted_keys(default_samples)) do
    it(name .. " may be a default", function()
      local out, code = program.check_text(
        "defaults { " .. default_samples[name] .. " }")
      assert.equal(0, code, out)
    end)
  end
end)

describe("a duration", function()
  local every_ms = {
    ["1s"] = 1000, ["1500ms"] = 1500, ["90s"] = 90000, ["1h30m"] = 5400000,
    ["30m1h"] = 5400000, ["7d"] = 604800000, ["1w"] = 604800000,
  }
  for _, text in ipairs(sorted_keys(every_ms)) do
    local ms = every_ms[text]
    it(("%s is %d ms"):format(text, ms), function()
      local plan = program.plan_text(
        ("job 'a' { every = '%s', post = '/a' }"):format(text))
      assert.equal(ms, plan.jobs.a.every_ms)
    end)
  end
end)

describe("a plan", function()
  it("takes what a job does not say from defaults above it", function()
    local jobs = program.plan_text([[
      job "before" { every = "1h", post = "/a" }
      defaults { timeout = "5s", overlap = "allow", phase = "7m" }
      job "after" { every = "1h", post = "/b" }
      job "own" { every = "1h", post = "/c", timeout = "9s", phase = "0s" }
    ]]).jobs
    assert.equal(30000, jobs.before.timeout_ms)
    assert.equal("skip", jobs.before.overlap)
    assert.equal(5000, jobs.after.timeout_ms)
    assert.equal("allow", jobs.after.overlap)
    assert.equal(420000, jobs.after.phase_ms)
    assert.equal(9000, jobs.own.timeout_ms)
    assert.equal(0, jobs.own.phase_ms)
  end)

  it("has what becomes of runs", function()
    local jobs = program.plan_text([[
      local function tell() end
      defaults { catch_up = { window = "6h", policy = "all" }, on_failure = tell, deadline = "1h" }
      job "a" { every = "1h", post = "/a" }
      job "b" {
        every = "1h", post = "/b",
        overlap = { policy = "allow", max = 3 },
        retry = { attempts = 2, backoff = "1s", on = { 429, "network" } },
        catch_up = false, deadline = false, min_gap = "30m", max_runs = 9,
        on_failure = false, on_recover = tell, alert_after = 2, heartbeat = "https://ping.example/b",
      }
    ]]).jobs
    assert.same({ attempts = 3, backoff_ms = 5000, backoff_max_ms = 60000,
      on = { "network", "timeout", "busy", "server", "script" } }, jobs.a.retry)
    assert.same({ window_ms = 21600000, max = 10 }, jobs.a.catch_up)
    assert.equal(3600000, jobs.a.deadline_ms)
    assert.same({ "on_failure" }, jobs.a.hooks)
    assert.equal(1, jobs.a.alert_after)
    assert.is_nil(jobs.a.overlap_max)
    assert.is_nil(jobs.a.max_runs)
    assert.is_nil(jobs.a.heartbeat)
    assert.same({ attempts = 2, backoff_ms = 1000, backoff_max_ms = 1000,
      on = { "network", "busy" } }, jobs.b.retry)
    assert.is_nil(jobs.b.catch_up)
    assert.is_nil(jobs.b.deadline_ms)
    assert.equal("allow", jobs.b.overlap)
    assert.equal(3, jobs.b.overlap_max)
    assert.equal(1800000, jobs.b.min_gap_ms)
    assert.equal(9, jobs.b.max_runs)
    assert.same({ "on_recover" }, jobs.b.hooks)
    assert.equal(2, jobs.b.alert_after)
    assert.equal("https://ping.example/b", jobs.b.heartbeat)
  end)

  it("applies rules to jobs above them", function()
    local jobs = program.plan_text([[
      job "a" { every = "1h", post = "/a" }
      multiplier { production = 2 }
    ]]).jobs
    assert.equal(7200000, jobs.a.every_ms)
  end)

  it("is the same for an unmultiplied lattice and a phase beyond it", function()
    local jobs = program.plan_text([[
      job "a" { every = "1h", phase = "25h10m", post = "/a" }
    ]]).jobs
    assert.equal(600000, jobs.a.phase_ms)
  end)

  it("reads the variables that are listed, and only those", function()
    local text = [[job("in-" .. (env "REGION" or "none")) { every = "1h", post = "/a" }]]
    local listed = { MOONCRON_SCRIPT_ENV = "REGION", REGION = "north" }
    assert.truthy(program.plan_text(text, nil, listed).jobs["in-north"])
    listed.REGION = nil
    assert.truthy(program.plan_text(text, nil, listed).jobs["in-none"])
  end)
end)

describe("docs/lua-api.md", function()
  local number = 0
  for example in program.read("docs/lua-api.md"):gmatch "\n```lua\n(.-)\n```" do
    number = number + 1
    it(("has a valid example %d"):format(number), function()
      program.in_folder(function(folder)
        program.write(folder .. "/schedule.lua", example)
        os.execute("cp -r scripts/examples/shared " .. folder)
        local out, code = program.check(folder .. "/schedule.lua")
        assert.equal(0, code, out)
      end)
    end)
  end

  it("lists every code that the specs of mistakes know", function()
    local docs = program.read "docs/lua-api.md"
    for code in program.read("spec/broken_spec.lua"):gmatch '"(E1%d%d)"' do
      assert.truthy(docs:find("| " .. code .. " |", 1, true), code)
    end
  end)

  it("lists only codes that the program can explain", function()
    for code in program.read("docs/lua-api.md"):gmatch "\n| (%u%d%d%d) |" do
      local out, status = program.run { "explain", code }
      assert.equal(0, status, code)
      assert.equal(code .. ": ", out:sub(1, 6))
    end
  end)
end)
