-- Calendars: days on which jobs rest, or before or after which they run instead.
--
-- A calendar is a list of dates with a name. Jobs name it in `except`, beside
-- dates and days of the week. Days are days of the job's zone.
--
-- The list may come from Settings, where those keep it who know. A change there
-- loads this file again:
--
--   calendar "holidays" (settings.holidays)

calendar "holidays" {
  "2026-11-30", "2026-12-01", "2026-12-25", "2026-12-26",
  "2027-01-01", "2027-01-02", "2027-01-06", "2027-01-07",
}

defaults { timezone = "Europe/Bucharest", catch_up = "6h" }

-- Not on holidays, and not at weekends.
job "support-report" {
  at     = "09:00",
  except = { calendar "holidays", "sat", "sun" },
  post   = "/api/reports/support",
}

-- Wages leave on the 25th, or on the last working day before it.
job "wages" {
  cron        = "0 10 25 * *",
  except      = { calendar "holidays", "sat", "sun" },
  on_excluded = "previous",
  post        = "/api/wages/transfer",
}

-- Rent is booked on the 1st, or on the first working day after it.
job "rent" {
  cron        = "0 10 1 * *",
  except      = { calendar "holidays", "sat", "sun" },
  on_excluded = "next",
  post        = "/api/rent/book",
}

-- An interval rests as well: no slot of such a day is made up.
job "stock-pull" { every = "30m", except = calendar "holidays", post = "/api/stock/pull" }
