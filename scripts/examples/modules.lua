-- Modules: code that several schedules share.
--
-- require "shared.snapshots" reads shared/snapshots.lua below the folder of this
-- file, and nothing outside it. A module that changes counts as a change of the
-- schedule.

local snapshots = require "shared.snapshots"

for _, name in ipairs(snapshots.names) do
  job("snapshot-" .. name)(snapshots.options(name))
end
