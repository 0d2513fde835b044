-- Any: one job with several schedules. It is due when one of them is, and once
-- where two fall together.

defaults { timezone = "Europe/Bucharest" }

-- Often while people work, seldom while they sleep, and once more at closing.
job "inbox-pull" {
  any = {
    { cron = "*/5 8-17 * * MON-FRI" },
    { every = "1h" },
    { at = "18:00" },
  },
  post = "/api/inbox/pull",
}

-- The multiplier counts for the intervals among them. What stands beside `any`,
-- such as `except` and `jitter`, counts for all.
multiplier { production = 1, staging = 6 }
job "search-index" {
  any    = { { every = "20m", phase = "3m" }, { at = "04:00" } },
  except = "sun",
  jitter = "1m",
  post   = "/api/search/index",
}
