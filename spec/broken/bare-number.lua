job "feed-flush" { every = 1440, post = "/api/feed/flush" }
