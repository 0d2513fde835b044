job "cleanup" { every = "1h", post = "/api/cleanup", only = { "production", "stagin" } }
