-- Files with mistakes: what `check` says of them, to the letter.
--
-- spec/broken/NAME.lua is a file, NAME.expected all that `check` prints. Below
-- are mistakes of which only code and place are held fast.

local cjson = require "cjson"
local program = require "program"

-- { text, code, line, column, message; column nil where the whole line is meant }
local mistakes = {
  { "job 'a' {", "E100", 1 },
  { "error 'by hand'", "E101", 1, nil, "by hand" },
  { "local x = nil + 1", "E101", 1 },
  { "require 'nowhere'", "E102", 1 },
  { "require '../passwd'", "E102", 1 },
  { "job 'a' { every = '1h', post = '/a', crno = '@daily' }", "E104", 1, 38 },
  { "job 'a' { every = '1h', post = '/a', 'stray' }", "E104", 1 },
  { "group 'g' { limit = 1, weight = 2 }", "E104", 1, 24 },
  { "job 'a' { every = '1h', post = '/a', overlap = 'que' }", "E105", 1, 48 },
  { "group 'g' { limit = 0 }", "E105", 1, 21 },
  { "group 'g' { limit = 1.5 }", "E105", 1, 21 },
  { "job 'a' { every = '1h', post = '/a', only = { 'prodution' } }", "E106", 1, 47 },
  { "multiplier { production = 1, stagng = 3 }", "E106", 1, 30,
    'unknown environment "stagng" in multiplier' },
  { "job 'a' { every = '1h', post = '/a', scale = { prodution = 2 } }", "E106", 1, 46 },
  { "job 'a' { every = '1h' post = '/a' }", "E100", 1, 24 },
  { "job 'a' { every = true, post = '/a' }", "E107", 1, 19 },
  { "job 'a' { every = {}, post = '/a' }", "E107", 1, 19 },
  { "job 'a' { every = '1h', post = 5 }", "E107", 1, 32 },
  { "job 'a' { every = '1h', run = 'soon' }", "E107", 1, 31 },
  { "job 'a' { every = '1h', post = '/a', always = 'yes' }", "E107", 1, 47 },
  { "job 'a' { every = '1h', post = '/a', only = 'staging' }", "E107", 1, 45 },
  { "job 'a' { every = '1h', post = '/a', headers = 'x' }", "E107", 1, 48 },
  { "job 'a' 'b'", "E133", 1 },
  { "multiplier(3)", "E107", 1 },
  { "job 'a' { post = '/a' }", "E108", 1 },
  { "job 'a' { every = '1h' }", "E108", 1 },
  { "job 'a' { every = '1h', post = '/a', get = '/a' }", "E108", 1 },
  { "job 'a' { every = '1h', post = '/a', run = function() end }", "E108", 1 },
  { "job 'a' { every = 20, post = '/a' }", "E110", 1, 19 },
  { "job 'a' { every = '20', post = '/a' }", "E110", 1, 19 },
  { "job 'a' { every = '1h', post = '/a', timeout = 30 }", "E110", 1, 48 },
  { "job 'a' { every = '0s', post = '/a' }", "E111", 1, 19 },
  { "job 'a' { every = '10ms', post = '/a' }", "E111", 1, 19 },
  { "job 'a' { every = '9999999d', post = '/a' }", "E111", 1, 19 },
  { "job 'a' { every = '1h', post = '/a', timeout = '0s' }", "E111", 1, 48 },
  { "job 'a' { every = '-5m', post = '/a' }", "E112", 1, 19 },
  { "job 'a' { every = 'hourly', post = '/a' }", "E112", 1, 19 },
  { "job 'a' { every = '', post = '/a' }", "E112", 1, 19 },
  { "job 'a' { every = '1h', post = 'a' }", "E114", 1, 32 },
  { "job 'a' { every = '1h', post = '/a', headers = { ['a b'] = 'c' } }", "E115", 1 },
  { "job 'a' { every = '1h', post = '/a', headers = { Authorization = 'c' } }", "E115", 1 },
  { "job 'a' { every = '1h', post = '/a', headers = { X = 'a\\nb' } }", "E115", 1 },
  { "job 'a' { every = '1h', post = '/a', body = { f = print } }", "E115", 1 },
  { "local t = {} t.t = t job 'a' { every = '1h', post = '/a', body = t }", "E115", 1 },
  { "local x = settings.enableJob", "E120", 1, 20 },
  { "local x = env 'HOME'", "E121", 1 },
  { "local x = env 'WORKER_API_KEY'", "E121", 1 },
  { "jobb 'a' { every = '1h', post = '/a' }", "E122", 1, 1 },
  { "os.exit(0)", "E122", 1 },
  { "io.open('/etc/passwd')", "E122", 1, 1 },
  { "string.dump(print)", "E122", 1 },
  { "load('return 1')", "E122", 1, 1 },
  { "function helper() end", "E123", 1 },
  { "job 'a' { every = '1h', post = '/a' } job 'a' { every = '1h', post = '/a' }", "E130", 1 },
  { "group 'g' { limit = 1 }\ngroup 'g' { limit = 2 }", "E130", 2 },
  { "job 'a' { every = '1h', post = '/a', group = 'none' }", "E131", 1, 46 },
  { "job 'a b' { every = '1h', post = '/a' }", "E132", 1 },
  { "job '' { every = '1h', post = '/a' }", "E132", 1 },
  { "job(('x'):rep(129)) { every = '1h', post = '/a' }", "E132", 1 },
  { "job 'a'", "E133", 1 },
  { "sleep '10s'", "E140", 1 },
  { "log.info 'loading'", "E140", 1 },
  { "print 'loading'", "E140", 1 },
  { "local function eat() return 1 + eat() end eat()", "E152", 1, nil,
    "functions call each other too deeply" },
  { "local t = {} while true do t[#t + 1] = ('x'):rep(1 << 20) .. #t end", "E151", 1, nil,
    "the file wants more memory than 256 MB" },
  { "while true do end", "E150", 1, nil, "loading took more than 2 s" },
  { "while true do pcall(error) end", "E150", 1, nil, "loading took more than 2 s" },
  { "multiplier { production = 0 } job 'a' { every = '1h', post = '/a' }", "E160", 1 },
  { "multiplier { production = 0 / 0 } job 'a' { every = '1h', post = '/a' }", "E160", 1 },
  { "multiplier { production = '3' } job 'a' { every = '1h', post = '/a' }", "E160", 1, nil,
    'the multiplier of production must be a finite number above 0, found "3" in multiplier' },
  { "\nmultiplier(function() return 1 / 0 end) job 'a' { every = '1h', post = '/a' }", "E160", 2 },
  { "multiplier(function() return 'x' end) job 'a' { every = '1h', post = '/a' }", "E160", 1, nil,
    'the multiplier of job "a" must be a finite number above 0, found "x"' },
  { "\u{feff}job 'a' { every = 20, post = '/a' }", "E110", 1, 19 },
  { "\u{feff}\u{feff}", "E100", 1 },
  { "job 'a' { every = '1h', post = '/a', overlap = 3 }", "E107", 1, 48 },
  { "job 'a' { every = '1h', post = '/a', overlap = { max = 3 } }", "E108", 1, 48,
    '`overlap` needs `policy` in job "a"' },
  { "job 'a' { every = '1h', post = '/a', overlap = { policy = 'queue', max = 3 } }", "E108", 1, 68,
    '`overlap.max` goes only with `policy = "allow"` in job "a"' },
  { "job 'a' { every = '1h', post = '/a', overlap = { policy = 'allow', max = 0 } }", "E105", 1, 74 },
  { "job 'a' { every = '1h', post = '/a', overlap = { policy = 'skp' } }", "E105", 1, 59 },
  { "job 'a' { every = '1h', post = '/a', overlap = { polcy = 'skip' } }", "E104", 1, 50,
    'unknown field `overlap.polcy` in job "a"' },
  { "defaults { overlap = { policy = 'cancel', max = 3 } }", "E108", 1, 43 },
  { "job 'a' { every = '1h', post = '/a', retry = true }", "E107", 1, 46,
    '`retry` must be false, a number of attempts or a table, found true in job "a"' },
  { "job 'a' { every = '1h', post = '/a', retry = 0 }", "E105", 1, 46 },
  { "job 'a' { every = '1h', post = '/a', retry = 101 }", "E105", 1, 46 },
  { "job 'a' { every = '1h', post = '/a', retry = { attempts = 2.5 } }", "E105", 1, 59,
    '`retry.attempts` must be a whole number from 1 to 100, found 2.5 in job "a"' },
  { "job 'a' { every = '1h', post = '/a', retry = { attemps = 3 } }", "E104", 1, 48 },
  { "job 'a' { every = '1h', post = '/a', retry = { 3 } }", "E104", 1, 46 },
  { "job 'a' { every = '1h', post = '/a', retry = { backoff = 5 } }", "E110", 1, 58 },
  { "job 'a' { every = '1h', post = '/a', retry = { backoff = '5s..60' } }", "E110", 1, 58,
    '`retry.backoff = "60"` has no unit in job "a"' },
  { "job 'a' { every = '1h', post = '/a', retry = { backoff = '5s...1m' } }", "E112", 1, 58 },
  { "job 'a' { every = '1h', post = '/a', retry = { backoff = '..1m' } }", "E112", 1, 58 },
  { "job 'a' { every = '1h', post = '/a', retry = { backoff = '5s..2d' } }", "E111", 1, 58 },
  { "job 'a' { every = '1h', post = '/a', retry = { backoff = '0s' } }", "E111", 1, 58 },
  { "job 'a' { every = '1h', post = '/a', retry = { backoff = '1m..5s' } }", "E105", 1, 58,
    '`retry.backoff` ends with a shorter pause than it begins with in job "a"' },
  { "job 'a' { every = '1h', post = '/a', retry = { on = {} } }", "E105", 1, 53 },
  { "job 'a' { every = '1h', post = '/a', retry = { on = 429 } }", "E107", 1, 53 },
  { "job 'a' { every = '1h', post = '/a', retry = { on = { 'timeout', 'nework' } } }", "E105", 1, 66 },
  { "job 'a' { every = '1h', post = '/a', retry = { on = { 'client' } } }", "E105", 1, 55,
    '`retry.on` cannot have "client" in job "a"' },
  { "job 'a' { every = '1h', post = '/a', retry = { on = { 404 } } }", "E105", 1, 55 },
  { "job 'a' { every = '1h', post = '/a', retry = { on = { 503 } } }", "E105", 1, 55 },
  { "job 'a' { every = '1h', post = '/a', retry = { on = { 'setup' } } }", "E105", 1, 55 },
  { "job 'a' { every = '1h', post = '/a', retry = { attempts = 1, on = 'busy' } }", "E108", 1, 62,
    '`retry.on` beside `attempts = 1` in job "a"' },
  { "job 'a' { every = '1h', post = '/a', retry = { attempts = 1, backoff = '5s' } }", "E108", 1, 62 },
  { "local r = { attempts = 0 } job 'a' { every = '1h', post = '/a', retry = r }", "E105", 1, 73 },
  { "job 'a' { every = '1h', post = '/a', catch_up = true }", "E107", 1, 49 },
  { "job 'a' { every = '1h', post = '/a', catch_up = 12 }", "E110", 1, 49 },
  { "job 'a' { every = '1h', post = '/a', catch_up = '400d' }", "E111", 1, 49 },
  { "job 'a' { every = '1h', post = '/a', catch_up = '0s' }", "E111", 1, 49 },
  { "job 'a' { every = '1h', post = '/a', catch_up = { policy = 'all' } }", "E108", 1, 49,
    '`catch_up` needs `window` in job "a"' },
  { "job 'a' { every = '1h', post = '/a', catch_up = { window = '1h', policy = 'al' } }", "E105", 1, 75 },
  { "job 'a' { every = '1h', post = '/a', catch_up = { window = '1h', max = 3 } }", "E108", 1, 66,
    '`catch_up.max` goes only with `policy = "all"` in job "a"' },
  { "job 'a' { every = '1h', post = '/a', catch_up = { window = '1h', policy = 'all', max = 1001 } }",
    "E105", 1, 88 },
  { "job 'a' { every = '1h', post = '/a', catch_up = { windw = '1h' } }", "E104", 1, 51 },
  { "job 'a' { every = '1h', post = '/a', deadline = 600 }", "E110", 1, 49 },
  { "job 'a' { every = '1h', post = '/a', deadline = '8d' }", "E111", 1, 49 },
  { "job 'a' { every = '1h', post = '/a', min_gap = '10ms' }", "E111", 1, 48 },
  { "job 'a' { every = '1h', post = '/a', max_runs = 0 }", "E105", 1, 49 },
  { "job 'a' { every = '1h', post = '/a', max_runs = '3' }", "E107", 1, 49 },
  { "job 'a' { every = '1h', post = '/a', alert_after = 0 }", "E105", 1, 52 },
  { "job 'a' { every = '1h', post = '/a', on_failure = 'mail' }", "E107", 1, 51 },
  { "job 'a' { every = '1h', post = '/a', on_recover = true }", "E107", 1, 51,
    '`on_recover` must be a function, or false, found true in job "a"' },
  { "job 'a' { every = '1h', post = '/a', heartbeat = '/ping' }", "E114", 1, 50 },
  { "job 'a' { every = '1h', post = '/a', heartbeat = 'https://' }", "E114", 1, 50,
    '`heartbeat` names no host in job "a"' },
  { "job 'a' { every = '1h', post = '/a', heartbeat = 'ftp://x/y' }", "E114", 1, 50 },
  { "job 'a' { every = '1h', get = 'https://me:word@x/y' }", "E114", 1, 31 },
  { "defaults { max_runs = 3 }", "E104", 1, 12 },
  { "defaults { heartbeat = 'https://x' }", "E104", 1, 12 },
  { "job 'a' { every = '1h', post = '/a', scale = 0 }", "E160", 1, nil,
    '`scale` must be a finite number above 0, found 0 in job "a"' },
}

-- Every mistake of a report: { code, line, column, message }.
local function reported(text)
  local list, code, message = {}, nil, nil
  for line in text:gmatch "[^\n]+" do
    if line:find "^error%[" then
      code, message = line:match "^error%[(%w+)%]: (.*)$"
    end
    local at, column = line:match "^ *%-%-> [^:]+:(%d+):?(%d*)$"
    if at then
      list[#list + 1] = { code, math.tointeger(at), math.tointeger(column), message }
    end
  end
  return list
end

describe("check --json", function()
  it("has every mistake with its place", function()
    program.in_folder(function(folder)
      local file = folder .. "/schedule.lua"
      program.write(file, "job 'a' { every = 20, post = '/a' }\n" ..
        "job 'b' { evry\xff = '1h' }\n" .. "error 'by hand'\n")
      local out, code, err = program.run { "check", "--json", file }
      assert.equal(78, code, err)
      -- The file is no UTF-8, and so it is no Lua.
      local report = cjson.decode(out)
      assert.equal("E100", report.mistakes[1].code, out)

      program.write(file, "job 'a' { every = 20, post = '/a' }\nerror '\xff'\n")
      out, code, err = program.run { "check", "--json", file }
      assert.equal(78, code, err)
      assert.equal("", err)
      report = cjson.decode(out)
      assert.equal(1, report.version)
      assert.equal(file, report.file)
      assert.equal(cjson.null, report.jobs)
      assert.equal(2, report.errors)
      assert.same({
        code = "E110", message = '`every = 20` has no unit in job "a"',
        file = file, line = 1, column = 19, label = "20 what?",
        help = 'write "20m" for minutes, or "20ms" for milliseconds',
        note = cjson.null,
      }, report.mistakes[1])
      assert.equal("\u{fffd}", report.mistakes[2].message)
      assert.equal(cjson.null, report.mistakes[2].column)
    end)
  end)

  it("counts the jobs of a good file", function()
    local out, code = program.run { "check", "--json", "scripts/schedules.lua" }
    assert.equal(0, code, out)
    local report = cjson.decode(out)
    assert.equal(12, report.jobs)
    assert.same({}, report.mistakes)
  end)
end)

describe("check --plain", function()
  it("has a line for each mistake, and no other", function()
    program.in_folder(function(folder)
      local file = folder .. "/schedule.lua"
      program.write(file, "job 'a' { every = 20, post = '/a' }\nerror 'by hand'\n")
      local out, code, err = program.run { "check", "--plain", file }
      assert.equal(78, code)
      assert.equal("", err)
      assert.equal("E110 " .. file .. ':1:19: `every = 20` has no unit in job "a"' ..
        " (20 what?)\nE101 " .. file .. ":2: by hand\n", out)
    end)
  end)
end)

describe("version", function()
  -- A folder of time zones that says its version.
  local function with_zones(use)
    program.in_folder(function(folder)
      program.write(folder .. "/tzdata.zi", "# version 2031z\n")
      use { TZDIR = folder }
    end)
  end

  it("names the time zones' data among the libraries", function()
    with_zones(function(variables)
      local out, code = program.run({ "version" }, variables)
      assert.equal(0, code)
      assert.truthy(out:find "^mooncron %S+ %(libuv %S+, .*, tzdata 2031z%)\n$", out)
    end)
  end)

  it("is JSON, or lines, when asked for", function()
    with_zones(function(variables)
      local report = cjson.decode((program.run({ "version", "--json" }, variables)))
      assert.equal(1, report.version)
      assert.equal("2031z", report.tzdata)
      local lines = program.run({ "version", "--plain" }, variables)
      assert.truthy(lines:find("mooncron\t" .. report.mooncron .. "\n", 1, true), lines)
      for name, number in pairs(report.libraries) do
        assert.truthy(lines:find(name .. "\t" .. number .. "\n", 1, true), lines)
      end
    end)
  end)
end)

describe("check", function()
  local listing <close> = assert(io.popen "ls spec/broken/*.lua")
  for file in listing:lines() do
    it("explains " .. file, function()
      local out, code = program.check(file)
      assert.equal(78, code)
      assert.equal(program.read((file:gsub("%.lua$", ".expected"))), out)
    end)
  end

  for _, row in ipairs(mistakes) do
    local text, wanted, line, column, message = table.unpack(row, 1, 5)
    it("answers " .. wanted .. " to " .. text, function()
      local out, code = program.check_text(text)
      assert.equal(78, code, out)
      local found = reported(out)
      assert.equal(1, #found, out)
      assert.equal(wanted, found[1][1], out)
      assert.equal(line, found[1][2], out)
      if column then assert.equal(column, found[1][3], out) end
      if message then assert.equal(message, found[1][4], out) end
    end)
  end

  -- { text, what is said of an option that has another name, or another place }
  for _, row in ipairs {
    { "group 'hub' { limt = 1 }", "did you mean `limit`?" },
    { "job 'a' { every = '1h', post = '/a', overlap = 'queue', max = 2 }",
      'help: overlap = { policy = "allow", max = 2 }' },
    { "job 'a' { every = '1h', post = '/a', limit = 1 }", 'help: group "name" { limit = 1 }' },
    { "job 'a' { every = '1h', post = '/a', attempts = 5 }", "goes within `retry`" },
    { "job 'a' { every = '1h', post = '/a', start = '2026-12-01' }", "the option is called `from`" },
  } do
    it("says where it belongs: " .. row[1], function()
      local out, code = program.check_text(row[1])
      assert.equal(78, code, out)
      assert.truthy(out:find("E104", 1, true), out)
      assert.truthy(out:find(row[2], 1, true), out)
    end)
  end

  it("calls a file that is nested too deeply by its fault", function()
    local out, code = program.check_text("local x = " .. ("("):rep(300) .. "1" .. (")"):rep(300))
    assert.equal(78, code, out)
    assert.truthy(out:find("error[E100]: syntax error: C stack overflow", 1, true), out)
  end)

  -- A row is the one mistake of a file that ends before all is declared.
  for _, text in ipairs {
    "job 'a' { every = '1h', post = (function() while true do end end)() }",
    "job 'a' { every = '1h', post = error 'by hand' }",
    "job 'a' { every = '1h', post = ('x'):rep(1 << 30) }",
    "job 'a' { every = '1h', post = '/a', group = 'late' } error 'by hand'",
    "job 'a' { every = '1h', post = '/a', only = { 'late' } } error 'by hand'",
    "job 'a' { every = '1h', post = '/a', group = 'late' } require 'nowhere'",
  } do
    it("says only what is certain of " .. text, function()
      local out, code = program.check_text(text)
      assert.equal(78, code, out)
      assert.equal(1, #reported(out), out)
    end)
  end

  it("tells what came before a file's early end", function()
    local out = program.check_text "job 'a' { every = 5, post = '/a' }\nerror 'by hand'"
    local found = reported(out)
    assert.equal(2, #found, out)
    assert.equal("E110", found[1][1], out)
    assert.equal("E101", found[2][1], out)
  end)

  -- Lua's hooks see none of these: the daemon asks the host, by a signal, where
  -- it is. { text, line }
  for _, row in ipairs {
    { "job 'a' { every = '1h', post = '/a' }\n" ..
      "local s = ('a'):rep(40)\ns:find(('a?'):rep(40) .. s)", 3 },
    { "\ntable.move({}, 1, 1e15, 2)", 2 },
    { "local co = coroutine.wrap(function()\n" ..
      "  coroutine.resume(coroutine.create(function()\n" ..
      "    table.move({}, 1, 1e15, 2)\n  end))\nend)\nco()", 3 },
    { "xpcall(function() while true do end end, function()\n" ..
      "  while true do\n  end\nend)", nil },
    { "setmetatable({}, { __gc = function()\n  while true do\n  end\nend })\n" ..
      "while true do local t = {} end", nil },
  } do
    local text, line = table.unpack(row, 1, 2)
    it("stops, where no hook sees it, " .. text, function()
      local out, code = program.check_text(text, { MOONCRON_LOAD_TIMEOUT = "3s" })
      assert.equal(78, code, out)
      local found = reported(out)
      assert.equal(1, #found, out)
      assert.equal("E150", found[1][1], out)
      if line then assert.equal(line, found[1][2], out) end
      if line then
        assert.equal("loading took more than 3s (MOONCRON_LOAD_TIMEOUT)",
          found[1][4], out)
      end
    end)
  end

  it("stops a host that does not even say where it is", function()
    program.in_folder(function(folder)
      local host = folder .. "/host"
      program.write(host, "#!/bin/sh\ntrap '' USR1\nexec sleep 60\n")
      assert(os.execute("chmod +x " .. host))
      local out, code = program.check("scripts/schedules.lua",
        { MOONCRON_SCRIPT_HOST = host, MOONCRON_LOAD_TIMEOUT = "300ms" })
      assert.equal(78, code, out)
      assert.truthy(out:find(
        "error[E150]: loading took more than 300ms (MOONCRON_LOAD_TIMEOUT)\n" ..
        "  --> scripts/schedules.lua\n", 1, true), out)
    end)
  end)

  it("takes a file that begins with the mark of UTF-8", function()
    local out, code = program.check_text "\u{feff}job 'a' { every = '1h', post = '/a' }"
    assert.equal(0, code, out)
  end)

  it("speaks of a job without a good name", function()
    local out = program.check_text "job 'a b' { every = '1h', post = 'a' }"
    assert.truthy(out:find("`post` target must start with / in this job\n", 1, true), out)
  end)

  it("says that a file is not there", function()
    local out, code = program.check "spec/broken/nowhere.lua"
    assert.equal(78, code, out)
    assert.truthy(out:find("E102", 1, true), out)
  end)

  it("takes only text", function()
    local out, code = program.check_text(string.dump(function() end))
    assert.equal(78, code, out)
    assert.truthy(out:find("E100", 1, true), out)
  end)

  it("reports every mistake at once and takes nothing", function()
    local out, code = program.check_text(
      ("job 'a' { every = 1, post = 'a' }\n"):rep(3))
    assert.equal(78, code)
    -- Two in each declaration, and two that come again.
    assert.equal(8, #reported(out), out)
    assert.truthy(out:find("8 errors. Nothing was loaded.", 1, true), out)
  end)
end)
