job "feed-rank" {
  every = "20m"
  post  = "/api/feed/rank",
}
