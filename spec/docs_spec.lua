-- What the docs show of a command is what the command says.
--
-- A block that begins with "$ mooncron ..." is run, at the clock of the
-- examples where the command has none, and its output compared.

local program = require "program"

-- "next --cron \"30 3 * * *\" -n 3" as a list; quotes hold words together.
local function words(line)
  local list = {}
  for quoted, plain in line:gsub('"([^"]*)"', function(text)
    return "\1" .. text:gsub(" ", "\2") .. "\1"
  end):gmatch "()(%S+)" do
    list[#list + 1] = plain:gsub("\1", ""):gsub("\2", " ")
  end
  return list
end

local relative = { next = true, explain = true } -- these count from now

local function run(line)
  local arguments = words(line)
  if relative[arguments[1]] and not line:find("--now", 1, true) then
    arguments[#arguments + 1] = "--now"
    arguments[#arguments + 1] = program.now
  end
  local out, _, err = program.run(arguments)
  return out .. err
end

for _, page in ipairs { "README.md", "docs/cli.md", "docs/time.md", "docs/runs.md",
  "docs/lua-api.md", "docs/migration.md", "docs/metrics.md" } do
  describe(page, function()
    for block in ("\n" .. program.read(page)):gmatch "\n```[a-z]*\n(%$ mooncron .-)\n```" do
      local line, shown = block:match "^%$ mooncron ([^\n]+)\n(.*)$"
      it("shows what " .. line .. " says", function()
        assert.equal(shown .. "\n", (run(line):gsub("\n+$", "\n")))
      end)
    end
  end)
end
