-- Scale: what one job says about the multiplier.
--
-- A whole multiplier thins the same lattice: every slot of a 1h job under x3 is
-- also a slot of the unscaled job, so environments stay comparable.

multiplier { production = 1, staging = 3, default = 6 }

-- As the rules say: x3 on staging.
job "feed-aggregate" { every = "15m", post = "/api/feed/aggregate" }

-- Never scaled: the interval is part of what the job promises.
job "token-refresh" { every = "50m", scale = false, post = "/api/tokens/refresh" }

-- The same factor everywhere.
job "thumbnails" { every = "5m", scale = 2, post = "/api/media/thumbnails" }

-- A table of its own; an environment it does not name falls through to the rules.
job "feed-rank" { every = "20m", scale = { staging = 2 }, post = "/api/feed/rank" }
