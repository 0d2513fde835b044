-- What is worth a snapshot, and how one is asked for.

local snapshots = {
  names = { "locations", "events", "services" },
}

-- Job options for the snapshot called `name`.
function snapshots.options(name)
  return {
    every   = "60m",
    phase   = "auto",
    post    = "/api/hub/build-snapshot",
    body    = { collection = name },
    timeout = "2m",
  }
end

return snapshots
