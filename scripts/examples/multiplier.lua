-- Multipliers: one file, slower in the smaller environments.
--
-- A rule is a table or a function. They are asked in the order of the file and
-- the first that answers wins; a function says nil to let the next one answer.
--
--   mooncron plan --env staging scripts/examples/multiplier.lua

-- Cleanups keep their pace everywhere; the rest of the exports crawl outside
-- production, because they cost money wherever they run.
multiplier(function(env, job)
  if job.name:find "^cleanup%-" then return 1 end
  if job.name:find "^export%-" and env ~= "production" then return 24 end
end)

multiplier { production = 1, staging = 3, default = 6 }

job "cleanup-sessions" { every = "30m", post = "/api/cleanup/sessions" }
job "export-orders"    { every = "1h", post = "/api/export/orders" }
job "feed-rank"        { every = "20m", post = "/api/feed/rank" }
