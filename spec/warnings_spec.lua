-- Warnings that need a whole file, asked of the real program by `check`.

local cjson = require "cjson"
local program = require "program"

local rules = "multiplier { production = 1, staging = 3, default = 6 }\n"

-- The codes of what `check --json` warns of, and what it says.
local function warnings(text, ...)
  local list, options = {}, { ... }
  program.in_folder(function(folder)
    program.write(folder .. "/s.lua", text)
    local out = program.run { "check", "--json", folder .. "/s.lua", table.unpack(options) }
    for i, warning in ipairs(cjson.decode(out).warnings) do list[i] = warning end
  end)
  return list
end

local function codes(...)
  local list = {}
  for i, warning in ipairs(warnings(...)) do list[i] = warning.code end
  return table.concat(list, " ")
end

describe("a warning", function()
  local job = "job 'a' { every = '1h', post = '/a' }\n"

  it("W208 names an environment that no rule names", function()
    local list = warnings(rules .. job, "--env", "prodction")
    assert.equal("W208", list[1].code)
    assert.equal(1, list[1].line)
    assert.equal('did you mean "production"?', list[1].help)
  end)

  it("W208 is silent where a rule names it, or `default` is for it", function()
    for _, environment in ipairs { "production", "staging", "development", "dev", "test" } do
      assert.equal("", codes(rules .. job, "--env", environment))
    end
  end)

  it("W208 is silent where no default was used", function()
    assert.equal("", codes("multiplier { production = 1 }\n" .. job, "--env", "qa"))
    assert.equal("", codes(rules .. "job 'a' { every = '1h', scale = false, post = '/a' }\n",
      "--env", "qa"))
  end)

  it("W203 tells of retries that the next slot cuts off", function()
    local list = warnings "job 'a' { every = '1m', post = '/a' }"
    assert.equal("W203", list[1].code)
    assert.equal('the retries of job "a" may take 1m45s, and its next slot comes after 1m',
      list[1].message)
    assert.equal("3 attempts of 30s each, and pauses of 15s in all", list[1].note)
  end)

  it("W203 is silent where they fit, or are cut off anyway, or are none", function()
    for _, options in ipairs { "retry = false", "retry = 1", "deadline = '50s'",
      "timeout = '5s'", "retry = { attempts = 2, backoff = '1s' }, timeout = '20s'" } do
      assert.equal("", codes("job 'a' { every = '1m', post = '/a', " .. options .. " }"), options)
    end
    assert.equal("", codes "defaults { retry = false } job 'a' { cron = '* * * * *', post = '/a' }")
  end)

  it("W204 asks for a word on days that a restart may cost", function()
    for _, when in ipairs { "every = '24h'", "at = '08:00'", "cron = '0 4 1 * *'",
      "any = { { at = '08:00' }, { cron = '0 8 * * MON' } }", "at = '2027-01-01T00:00'",
      "at = '08:00', jitter = '1h'", "at = '08:00', except = { 'sat', 'sun' }" } do
      assert.equal("W204", codes("job 'a' { post = '/a', " .. when .. " }"), when)
      assert.equal("", codes("job 'a' { post = '/a', catch_up = false, " .. when .. " }"), when)
      assert.equal("", codes("defaults { catch_up = '6h' } job 'a' { post = '/a', " ..
        when .. " }"), when)
    end
    for _, when in ipairs { "every = '23h'", "at = { '08:00', '20:00' }", "cron = '0 8-9 * * MON'" } do
      assert.equal("", codes("job 'a' { post = '/a', " .. when .. " }"), when)
    end
  end)

  it("W204 looks at the interval as it is written", function()
    assert.equal("", codes("multiplier { staging = 30 } job 'a' { every = '1h', post = '/a' }",
      "--env", "staging"))
  end)

  it("W203 and W204 are told in text, too", function()
    program.in_folder(function(folder)
      local file = folder .. "/s.lua"
      program.write(file, "job 'a' { every = '1d', timeout = '9h', post = '/a' }")
      local _, code, err = program.run { "check", file }
      assert.equal(0, code)
      assert.truthy(err:find("warning[W203]: ", 1, true), err)
      assert.truthy(err:find("warning[W204]: one restart at the wrong time loses a day", 1, true), err)
    end)
  end)

  it("W211 tells of both day fields, one with a star", function()
    assert.equal("W211", codes "job 'a' { cron = '0 9 */2 * MON', catch_up = '1h', post = '/a' }")
    assert.equal("", codes "job 'a' { cron = '0 9 1-7 * MON', catch_up = '1h', post = '/a' }")
  end)

  it("W212 tells of a catch_up that changes nothing", function()
    local list = warnings "job 'a' { at = '08:00', catch_up = '30s', post = '/a' }"
    assert.equal("W212", list[1].code)
    assert.equal('the catch_up of job "a", 30s, changes nothing: a slot that is at most 30s ' ..
      "late is run anyway", list[1].message)
    list = warnings("job 'a' { every = '1h', post = '/a',\n" ..
      "  catch_up = { window = '30m', policy = 'all' } }")
    assert.equal("W212", list[1].code)
    assert.equal('the catch_up of job "a" runs all slots within 30m, and its interval is 1h',
      list[1].message)
  end)

  it("W212 is silent where a window does something, here or in production", function()
    for _, window in ipairs { "'31s'", "{ window = '1h', policy = 'all' }", "false" } do
      local job_text = "job 'a' { every = '1h', post = '/a', catch_up = " .. window .. " }"
      assert.equal("", codes(job_text), window)
      assert.equal("", codes("multiplier { staging = 6 } " .. job_text, "--env", "staging"), window)
    end
    assert.equal("", codes("job 'a' { every = '5s', post = '/a', timeout = '1s', retry = false,\n" ..
      "  catch_up = { window = '20s', policy = 'all' } }"))
  end)

  it("W213 tells of a timeout above the deadline", function()
    local list = warnings "job 'a' { every = '1h', post = '/a', timeout = '2m', deadline = '1m' }"
    assert.equal("W213", list[1].code)
    assert.equal('the timeout of job "a", 2m, is longer than its deadline, 1m', list[1].message)
    assert.equal("", codes "job 'a' { every = '1h', post = '/a', timeout = '1m', deadline = '1m' }")
    assert.equal("", codes "job 'a' { every = '1h', post = '/a', timeout = '2m' }")
  end)

  it("W214 tells of a group that limits nothing", function()
    local group = "group 'hub' { limit = 1 }\n"
    local list = warnings(group .. job)
    assert.equal("W214", list[1].code)
    assert.equal('no job is in the group "hub"', list[1].message)
    list = warnings(group .. "job 'a' { every = '1h', post = '/a', group = 'hub' }")
    assert.equal("W214", list[1].code)
    assert.equal('job "a" is alone in the group "hub"', list[1].message)
    assert.equal(2, list[1].line)
    assert.equal("", codes(group ..
      "job 'a' { every = '1h', post = '/a', group = 'hub', overlap = 'allow' }"))
    assert.equal("", codes(group .. "job 'a' { every = '1h', post = '/a', group = 'hub' }\n" ..
      "job 'b' { every = '1h', post = '/b', group = 'hub', enabled = false }"))
  end)

  it("is exit code 3 with --strict, and 0 without", function()
    program.in_folder(function(folder)
      local file = folder .. "/s.lua"
      program.write(file, "job 'a' { cron = '0 9 */2 * MON', catch_up = '1h', post = '/a' }")
      local _, strict = program.run { "check", "--strict", file }
      local out, plain = program.run { "check", file }
      assert.equal(3, strict)
      assert.equal(0, plain)
      assert.truthy(out:find("1 job, no mistakes, 1 warning", 1, true), out)
    end)
  end)

  it("W215 tells of a URL that MOONCRON_ALLOW_HOSTS does not list", function()
    local text = "job 'a' { every = '1h', post = '/a', heartbeat = 'https://ping.example/k3y?x' }\n" ..
      "job 'b' { every = '1h', post = 'https://Rates.example:443/b' }\n" ..
      "job 'c' { every = '1h', post = 'http://localhost:4000/c', enabled = true }\n" ..
      "job 'd' { every = '1h', post = 'https://no.example/d', enabled = false }\n"
    local found = program.check_text(text)
    assert.truthy(found:find('W215]: `heartbeat` of job "a" leads to https://ping.example, which', 1, true))
    assert.truthy(found:find('W215]: `post` of job "b" leads to https://rates.example, which', 1, true))
    assert.truthy(found:find("2 warnings", 1, true))
    assert.falsy(found:find("k3y", 1, true))
    found = program.check_text(text, { MOONCRON_ALLOW_HOSTS = "ping.example https://rates.example" })
    assert.falsy(found:find("W215", 1, true))
  end)
end)
