-- Cron: what five fields say, for those who read them.
--
--   minute  hour  day  month  weekday        and seconds first, where there are six
--
-- Times are those of the job's zone. The dialect, and what happens when clocks
-- change: docs/time.md.

defaults { timezone = "Europe/Bucharest", catch_up = "6h" }

-- Fixed times: at most once a night, whatever the clocks do.
job "sessions-sweep" { cron = "30 2 * * *", post = "/api/sessions/sweep" }

-- Names, ranges and lists: each quarter of an hour while the office is open.
job "calls-sync" { cron = "*/15 8-17 * * MON-FRI", post = "/api/calls/sync" }

-- The last working day of the month, and the second Friday.
job "invoices-close"  { cron = "0 18 LW * *", post = "/api/invoices/close" }
job "newsletter-send" { cron = "0 10 * * FRI#2", post = "/api/newsletter/send" }

-- A thousand installations that all call at midnight are a herd: each waits a
-- part of the half hour, the same part for the same night.
job "telemetry-send" { cron = "@daily", jitter = "30m", post = "/api/telemetry" }

-- Under a multiplier each nth of the times is left; without scale = "nth" all.
multiplier { production = 1, staging = 4 }
job "prices-pull" { cron = "*/5 * * * *", scale = "nth", post = "/api/prices/pull" }
