-- The real program, run once for each question a spec asks.
--
-- MOONCRON is its path. It sees only the variables given here, so that a
-- developer's own settings cannot turn a spec red.

local cjson = require "cjson"

local program = {
  path = os.getenv "MOONCRON" or "build/mooncron",
  now = "2026-11-23T14:07:31+02:00",
}

local function quote(text)
  return "'" .. text:gsub("'", [['\'']]) .. "'"
end

function program.write(path, text)
  local file <close> = assert(io.open(path, "w"))
  assert(file:write(text))
end

function program.read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

-- A folder that is gone when `use`, which gets its name, has returned.
function program.in_folder(use)
  local folder = os.tmpname()
  os.remove(folder)
  assert(os.execute("mkdir " .. quote(folder)))
  local ok, err = pcall(use, folder)
  os.execute("rm -r " .. quote(folder))
  if not ok then error(err, 0) end
end

-- What goes along: a sanitizer's options, and the patience it needs.
local inherited = { "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS",
  "MOONCRON_LOAD_TIMEOUT" }

-- What the shell is told: a fresh environment, the program, its arguments.
local function command(arguments, variables)
  -- No question takes half a minute: the spec fails then, and does not hang.
  local words = { "timeout", "30", "env", "-i", "PATH=/usr/bin:/bin" }
  for _, name in ipairs(inherited) do
    local value = os.getenv(name)
    if value then words[#words + 1] = quote(name .. "=" .. value) end
  end
  for name, value in pairs(variables or {}) do
    words[#words + 1] = quote(name .. "=" .. value)
  end
  words[#words + 1] = quote(program.path)
  for _, argument in ipairs(arguments) do words[#words + 1] = quote(argument) end
  return table.concat(words, " ")
end

-- Runs it to its end: standard output, exit code, standard error.
function program.run(arguments, variables)
  local talk = os.tmpname()
  local pipe = assert(io.popen(command(arguments, variables) .. " 2>" .. talk))
  local out = pipe:read "a"
  local _, _, code = pipe:close()
  local err = program.read(talk)
  os.remove(talk)
  return out, code, err
end

-- `check FILE`: all it says, and its exit code.
function program.check(file, variables)
  local out, code, err = program.run({ "check", file }, variables)
  return out .. err, code
end

-- `check` of a text: the same.
function program.check_text(text, variables)
  local out, code
  program.in_folder(function(folder)
    local file = folder .. "/schedule.lua"
    program.write(file, text)
    out, code = program.check(file, variables)
  end)
  return out, code
end

-- The same value where null is nil: a spec asks what is there, not how JSON
-- says that it is not.
local function without_null(value)
  if value == cjson.null then return nil end
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, item in pairs(value) do copy[key] = without_null(item) end
  return copy
end

-- `plan --json`, decoded, its jobs also by name; now is program.now unless told
-- otherwise.
function program.plan(arguments, variables)
  local all = table.move(arguments, 1, #arguments, 3, { "plan", "--json" })
  if not table.concat(arguments, " "):find("--now", 1, true) then
    table.move({ "--now", program.now }, 1, 2, #all + 1, all)
  end
  local out, code, err = program.run(all, variables)
  assert(code == 0, ("plan left with %s: %s%s"):format(code, out, err))
  local plan = without_null(cjson.decode(out))
  for _, job in ipairs(plan.jobs) do plan.jobs[job.name] = job end
  return plan
end

-- `plan --json` of a text, in production unless told otherwise.
function program.plan_text(text, environment, variables)
  local plan
  program.in_folder(function(folder)
    local file = folder .. "/schedule.lua"
    program.write(file, text)
    plan = program.plan({ "--env", environment or "production", file }, variables)
  end)
  return plan
end

-- Seconds since 1970 of an RFC 3339 text, whatever its offset.
function program.instant(text)
  local year, month, day, hour, min, sec, zone =
    text:match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)%.?%d*(.+)$"
  assert(year, "no RFC 3339 time: " .. text)
  -- Days since 0000-03-01, so that a leap day is the last of its year.
  local y = month < "03" and year - 1 or year + 0
  local days = 365 * y + y // 4 - y // 100 + y // 400
    + (153 * ((month + 9) % 12) + 2) // 5 + day - 1
  local seconds = (days - 719468) * 86400 + hour * 3600 + min * 60 + sec
  local sign, h, m = zone:match "^([+-])(%d+):(%d+)$"
  if sign then seconds = seconds - (sign .. 1) * (h * 3600 + m * 60) end
  return math.tointeger(seconds)
end

return program
