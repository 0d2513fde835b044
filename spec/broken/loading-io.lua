local ok = http.get("/api/health").ok
