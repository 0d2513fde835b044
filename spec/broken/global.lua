interval = "15m"
