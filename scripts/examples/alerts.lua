-- Alerts: who is told when runs fail, and when they work again.
--
-- A hook is a function that may do what a run may, in 10 s; its own failure is
-- only logged. A declared job has hooks as well as a scripted one.
--
--   MOONCRON_SCRIPT_ENV=OPS_WEBHOOK_URL OPS_WEBHOOK_URL=https://ops.example/hook
--   MOONCRON_ALLOW_HOSTS="https://ops.example https://ping.example"

local function tell(text)
  local url = env "OPS_WEBHOOK_URL"
  if url then http.post(url, { json = { text = text } }) end
end

defaults {
  alert_after = 3,                          -- one bad answer wakes nobody
  on_failure  = function(ctx, err) tell(ctx.job .. " fails: " .. err) end,
  on_recover  = function(ctx) tell(ctx.job .. " works again") end,
}

job "feed-rank" { every = "20m", post = "/api/feed/rank" }

-- Nobody is to sleep over this one.
job "payouts-send" { every = "1h", alert_after = 1, post = "/api/payouts/send" }

-- And over this one nobody is to wake up.
job "avatars-tidy" { every = "2h", on_failure = false, on_recover = false, post = "/api/avatars/tidy" }

-- A dead man's switch: its keeper is called after each success, and is alarmed
-- when that has not come for a day; so it sees a worker that is gone, too.
job "backup" {
  every     = "24h",
  phase     = "2h",
  catch_up  = "6h",
  timeout   = "30m",
  heartbeat = "https://ping.example/backup",
  post      = "/api/backup",
}
