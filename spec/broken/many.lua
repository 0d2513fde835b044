defaults { timeout = "30s", overlp = "skip" }

group "hub" { limit = 1 }

job "feed-flush" {
  every = 1440,
  post  = "/api/feed/flush",
}

job "feed-aggregate" {
  evry = "15m",
  post = "/api/feed/aggregate",
}

job "feed-rank" { every = "20 min", post = "api/feed/rank", overlap = "skp" }

job "hub-snapshot-locations" {
  every   = "60m",
  post    = "/api/hub/build-snapshot",
  body    = { collection = "locations" },
  timeout = "2m",
  group = "hubs",
}

job "cleanup-temp-media" { every = "24h", post = "/api/cleanup/temp-media", only = { "prod" } }

job "feed-flush" { every = "24h", post = "/api/feed/flush" }

if settings.enabledJobs then
  job "extra" { every = "1h", post = "/api/extra" }
end
