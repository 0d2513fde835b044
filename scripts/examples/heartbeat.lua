-- Heartbeats: jobs that tell somebody else that this worker lives.
--
-- `always` and `scale = false` belong together here. The first keeps the job
-- while Settings.enableJobs is off: "no jobs" must not look like "dead". The
-- second keeps its interval in every environment, because whoever listens waits
-- for exactly that long.

multiplier { production = 1, staging = 3, default = 6 }

-- Declared: the backend learns that its worker is there.
job "presence" {
  every   = "1m",
  always  = true,
  scale   = false,
  timeout = "5s",
  post    = "/api/workers/presence",
}

-- Scripted: a dead-man switch elsewhere is told, and only after the backend has
-- answered; its silence then means that one of the two is gone. The operator
-- says where, and that a job may call there:
--
--   MOONCRON_SCRIPT_ENV=HEARTBEAT_URL HEARTBEAT_URL=https://ping.example/abc
--   MOONCRON_ALLOW_HOSTS=https://ping.example
job "dead-man-switch" {
  every   = "5m",
  always  = true,
  scale   = false,
  timeout = "20s",
  run = function(ctx)
    http.get("/api/health", { timeout = "5s" })
    log.debug("the backend answers", { run = ctx.run_id })
    local url = env "HEARTBEAT_URL"
    if url then http.get(url, { timeout = "5s" }) end
  end,
}
