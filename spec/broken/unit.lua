job "feed-rank" {
  post    = "/api/feed/rank",
  every   = "20 min",
  timeout = "1.5h",
}
