-- Scripted jobs: when one call is not enough.
--
-- `run` is a plain function that may take its time: http.* and sleep() let
-- others work while they wait. A call that does not end in 2xx raises, so a run
-- whose author forgot to look at a status is never green.

-- A page at a time, as long as there are pages; each call has its own timeout.
job "import-listings" {
  every   = "1h",
  timeout = "10m",                          -- of the whole run
  run = function(ctx)
    local page, imported = 1, 0
    repeat
      local res = http.post("/api/import/listings", {
        json    = { page = page, run = ctx.run_id },
        timeout = "30s",
      })
      imported = imported + (res.json.imported or 0)
      page = res.json.next
    until not page or page > 1000           -- a backend that always says "next"
    log.info("imported", { listings = imported })
  end,
}

-- Ask for something that takes long, then look until it is there.
job "report-build" {
  every    = "24h",
  phase    = "4h",
  timeout  = "30m",
  catch_up = "6h",
  run = function()
    local id = http.post("/api/reports").json.id
    for _ = 1, 60 do
      sleep "15s"
      local res = http.get("/api/reports/" .. id, { check = false })
      if res and res.status == 200 then return end
    end
    fail("the report was not ready after 15 minutes")
  end,
}

-- One failure must not keep the others from being tried: pcall works across
-- calls that wait. The run still fails, with all that went wrong.
job "mirrors-sync" {
  every   = "30m",
  timeout = "5m",
  run = function()
    local failures = {}
    for _, mirror in ipairs { "north", "south", "east" } do
      local ok, err = pcall(http.post, "/api/mirrors/" .. mirror .. "/sync")
      if not ok then failures[#failures + 1] = mirror .. ": " .. tostring(err) end
    end
    if #failures > 0 then fail(table.concat(failures, "; ")) end
  end,
}
