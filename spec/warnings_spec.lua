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

  it("W211 tells of both day fields, one with a star", function()
    assert.equal("W211", codes "job 'a' { cron = '0 9 */2 * MON', post = '/a' }")
    assert.equal("", codes "job 'a' { cron = '0 9 1-7 * MON', post = '/a' }")
  end)

  it("is exit code 3 with --strict, and 0 without", function()
    program.in_folder(function(folder)
      local file = folder .. "/s.lua"
      program.write(file, "job 'a' { cron = '0 9 */2 * MON', post = '/a' }")
      local _, strict = program.run { "check", "--strict", file }
      local out, plain = program.run { "check", file }
      assert.equal(3, strict)
      assert.equal(0, plain)
      assert.truthy(out:find("1 job, no mistakes, 1 warning", 1, true), out)
    end)
  end)
end)
