-- scripts/schedules.lua -- what runs, when, and against which endpoint.
--
--   is it valid?         mooncron check
--   what would run?      mooncron plan --env staging
--   make it so           mooncron reload   (the old schedule stays if this is wrong)
--
-- Durations always carry a unit ("90s", "15m", "24h"); a bare number is an error.
-- Targets are paths under BACKEND_URL.
-- Every option and function: docs/lua-api.md. What a time means: docs/time.md.
-- One idea each: scripts/examples/.

defaults {
  timezone = "Europe/Bucharest",           -- of cron and at; an interval has no zone
  timeout  = "30s",
  overlap  = "skip",                       -- still running when due again? leave that slot out
  retry    = { attempts = 3, backoff = "5s..1m" },
  phase    = "auto",                       -- spread the starts: a stable hash of the name
}

-- How much slower than production each environment runs. First rule that answers wins.
multiplier { production = 1, staging = 3, default = 6 }

group "hub" { limit = 1 }                  -- one snapshot build at a time

-- ---------------------------------------------------------------- feed
job "feed-flush" {
  every    = "24h",
  phase    = "1h30m",                      -- past midnight UTC: 03:30 in winter, 04:30 in summer
  post     = "/api/feed/flush",
  catch_up = "12h",                        -- missed while down? run once, if no later than this
}
job "feed-aggregate" { every = "15m", post = "/api/feed/aggregate" }
job "feed-rank"      { every = "20m", post = "/api/feed/rank" }

-- ---------------------------------------------------------------- hub snapshots
for _, collection in ipairs { "locations", "events", "services" } do
  job("hub-snapshot-" .. collection) {
    every   = "60m",
    post    = "/api/hub/build-snapshot",
    body    = { collection = collection },
    group   = "hub",
    timeout = "2m",
  }
end

-- ---------------------------------------------------------------- counters
job "sync-city-counters"         { every = "60m", post = "/api/sync/city-counters" }
job "sync-listing-type-counters" { every = "60m", post = "/api/sync/listing-type-counters" }

-- ---------------------------------------------------------------- cleanups
-- Nightly in every environment: times of day are not multiplied. Neither falls
-- into the hour that a change of the clock skips or repeats (03:00 to 04:00).
job "cleanup-temp-media" {
  cron     = "30 2 * * *",
  post     = "/api/cleanup/temp-media",
  timeout  = "5m",
  jitter   = "10m",                        -- not on the dot, and the same in each environment
  catch_up = false,                        -- a missed night does not matter
}
job "cleanup-deleted-listings" {
  cron     = "0 4 * * *",
  post     = "/api/cleanup/deleted-listings",
  timeout  = "5m",
  jitter   = "10m",
  catch_up = "6h",
}

-- ---------------------------------------------------------------- always on
-- `always` keeps a job registered while Settings.enableJobs is off;
-- `scale = false` keeps its interval the same in every environment.
local function page_ops(ctx, err)
  local url = env "OPS_WEBHOOK_URL"
  if url then
    http.post(url, { json = { text = ctx.job .. " failed: " .. err } })
  end
end

job "heartbeat" {
  every  = "1m",
  always = true,
  scale  = false,
  retry  = false,                          -- the next one is a minute away
  run = function(ctx)
    -- A dead-man switch: whoever is pinged here notices when the pings stop.
    local url = env "HEARTBEAT_URL"
    if url then http.get(url, { timeout = "5s" }) end
    log.debug("alive", { run = ctx.run_id })
  end,
}

job "admin-digest-daily" {
  at         = "08:00",                    -- before the first coffee, winter and summer
  always     = true,
  timeout    = "2m",
  catch_up   = "4h",
  on_failure = page_ops,
  run = function(ctx)
    local stats
    for try = 1, 3 do                      -- http.* and sleep() yield; nothing blocks
      local res = http.get("/api/admin/stats", { check = false })
      if res and res.ok then stats = res.json break end
      log.warn("stats not ready", { try = try, status = res and res.status })
      sleep("10s")
    end
    if not stats then fail("no stats after 3 tries") end
    http.post("/api/admin/digest", { json = { day = ctx.scheduled_at, stats = stats } })
    log.info("digest sent", { users = stats.users })
  end,
}
