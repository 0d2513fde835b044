-- At: times of day, and moments, that need no cron.
--
-- The zone is the job's, else that of the defaults, else UTC; never the
-- machine's.

defaults { timezone = "Europe/Bucharest", catch_up = "6h" }

-- Every day at eight on the wall clock, winter and summer.
job "digest" { at = "08:00", post = "/api/digest" }

-- Several times a day are a list.
job "rates" { at = { "09:15", "13:15", "17:45:30" }, post = "/api/rates" }

-- One moment. Afterwards the job stays where everybody sees it, and rests.
job "prices-2027" { at = "2027-01-01T00:00", post = "/api/prices/activate" }

-- For a while: both ends belong to it.
job "advent" { at = "07:00", from = "2026-12-01", to = "2026-12-24", post = "/api/advent/open" }

-- 03:30 does not exist on 28 March 2027 in Bucharest and comes twice on 31
-- October. Unless told otherwise the job runs once on both days.
job "books-balance" { at = "03:30", gap = "before", fold = "last", post = "/api/books/balance" }

-- Elsewhere it is morning at another time.
job "tokyo-open" { at = "09:00", timezone = "Asia/Tokyo", post = "/api/desk/tokyo" }
