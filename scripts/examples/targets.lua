-- Targets: what a declared job calls.
--
-- A job names exactly one method and a path under BACKEND_URL. `post` and `put`
-- always send JSON, an empty object where there is no `body`. Nothing of Lua
-- runs when such a job is due: the daemon built the request when it read this.

job "report-refresh" {
  every = "30m",
  post  = "/api/reports/refresh",
  body  = { kind = "weekly", sections = { "sales", "visits" } },
}

job "search-warm" {
  every   = "10m",
  get     = "/api/search",
  query   = { q = "garden & home", limit = 20 },   -- ?limit=20&q=garden%20%26%20home
  headers = { ["Accept-Language"] = "ro" },
}

job "feature-flags" {
  every = "6h",
  put   = "/api/flags/nightly",
  body  = { enabled = true },
}

job "drafts-expire" { every = "12h", delete = "/api/drafts/expired" }
