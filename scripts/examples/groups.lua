-- Groups: jobs that share something which bears only so much.
--
-- At most `limit` runs of a group go on at once, whichever jobs they belong to.
-- A run that finds the group full waits, and the one that waited longest goes
-- first.

group "index" { limit = 1 }               -- one writer
group "partners" { limit = 3 }            -- the partners' gateway allows three

defaults { phase = "auto" }

for _, index in ipairs { "places", "people", "articles" } do
  job("index-" .. index) {
    every   = "2h",
    post    = "/api/search/index",
    body    = { index = index },
    group   = "index",
    timeout = "10m",
  }
end

for partner = 1, 8 do
  job(("partner-%d"):format(partner)) {
    every = "15m",
    post  = "/api/partners/pull",
    body  = { partner = partner },
    group = "partners",
  }
end
