-- Runs: what a slot does beside another, after a failure, and when it was missed.
--
-- A slot ends with one verdict. These options say how it gets there; where the
-- file says nothing it is overlap = "skip", three attempts, and no catching up.

defaults { retry = { attempts = 4, backoff = "2s..20s" } }

-- One waits while a run goes on, so that the last change is never left out.
job "index-sync" { every = "5m", overlap = "queue", timeout = "1m", post = "/api/index/sync" }

-- Slow, and independent of each other: three at once, and no more.
job "video-encode" {
  every   = "10m",
  overlap = { policy = "allow", max = 3 },
  timeout = "25m",
  retry   = false,                          -- the next slot takes what is left
  post    = "/api/videos/encode",
}

-- The newest is all that counts: who still asks is cut off.
job "board-refresh" { every = "1m", overlap = "cancel", retry = false, get = "/api/board" }

-- Money: only what surely never arrived, or was told to come again, is repeated.
job "invoices-charge" {
  every = "1h",
  retry = { attempts = 10, backoff = "10s..5m", on = { "network", 429 } },
  post  = "/api/invoices/charge",
}

-- Accepted with 202 and worked on for long: asked after for two hours at most.
job "warehouse-export" {
  every    = "24h",
  phase    = "1h",
  catch_up = "12h",                         -- the newest night, if no later than noon
  deadline = "2h",
  post     = "/api/warehouse/export",
}

-- Each hour has its own page, so each one that was missed is written.
job "ledger-close" {
  every    = "1h",
  catch_up = { window = "2d", policy = "all", max = 48 },
  post     = "/api/ledger/close",
}

-- Often asked, seldom run; and a campaign that ends by itself.
job "quota-check" { cron = "*/5 * * * *", min_gap = "12m", get = "/api/quota" }
job "survey-mail" { every = "7d", phase = "9h", catch_up = "1d", max_runs = 4, post = "/api/survey" }
