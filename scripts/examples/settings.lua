-- Settings and variables: what a schedule may know about where it runs.
--
-- `settings` is the backend's Settings, read-only: while the file loads those it
-- is loaded with, in a run those of the schedule that the run belongs to. A
-- change of Settings loads the file again. A field that Settings do not have is
-- an error, not nil.
--
-- env "NAME" reads a variable of the daemon's environment, if its operator has
-- put the name on the list:
--
--   MOONCRON_SCRIPT_ENV="RELAY_TOKEN REGION" mooncron run

local environment = settings.schedulerEnvironment or "none"

job "cache-warm" {
  every       = environment == "production" and "5m" or "30m",
  description = "warms the cache of " .. environment,
  post        = "/api/cache/warm",
  body        = { environment = environment },
}

job "relay-flush" {
  every = "10m",
  run = function()
    local token = env "RELAY_TOKEN"
    if not token then fail "RELAY_TOKEN is not set, or not listed" end
    http.post("/api/relay/flush", {
      headers = { ["X-Relay-Token"] = token },
      json    = { region = env "REGION" or "eu" },
    })
  end,
}
