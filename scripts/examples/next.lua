-- Next: for what no rule expresses, a function that says when.
--
-- It gets a time in seconds since 1970 and returns the first one of its own that
-- is later. It is asked while the file loads, for 400 days ahead: it must be
-- pure, so that each load and each worker hears the same, and cannot call out.

defaults { catch_up = "6h" }

local day = 86400

-- Full moons at noon UTC, near enough: one each 29.530588 days, counted from
-- that of 2000-01-21.
local function full_moon(previous)
  local first, month = 948429600, 29.530588 * day
  local n = (previous - first) // month - 1
  repeat
    n = n + 1
    local at = math.floor(first + n * month) // day * day + day // 2
    if at > previous then return at end
  until false
end

job "tides-refresh" { next = full_moon, post = "/api/tides/refresh" }

-- The two halves of a rota: 06:00 UTC, then every fifth and second day in turn.
-- `from` fixes where the count begins; without it that is the start of last year.
job "rota-turn" {
  from = "2026-01-05",
  next = function(previous)
    local first = 1767592800                 -- Monday 2026-01-05 06:00 UTC
    if previous < first then return first end
    local weeks, rest = (previous - first) // (7 * day), (previous - first) % (7 * day)
    return first + weeks * 7 * day + (rest < 5 * day and 5 * day or 7 * day)
  end,
  post = "/api/rota/turn",
}
