for _, n in ipairs { "a", "b", "a" } do job("clean-" .. n) { every = "1h", post = "/api/clean" } end
