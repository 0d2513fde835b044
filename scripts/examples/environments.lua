-- Environments: the same file everywhere, not every job everywhere.
--
-- The environment is Settings' schedulerEnvironment, else NODE_ENV, else
-- "development". `plan` lists a job that stays out, with the reason.

defaults { catch_up = "6h" }

-- Invoices go out from one place only.
job "invoices-send" {
  every = "24h",
  phase = "5h",
  only  = { "production" },
  post  = "/api/invoices/send",
}

-- Fresh test data wherever people try things out.
job "fixtures-reset" {
  every = "24h",
  phase = "3h",
  only  = { "staging", "development" },
  post  = "/api/fixtures/reset",
}

-- Off, for everyone to see, until somebody turns it on.
job "newsletter" {
  every       = "7d",
  enabled     = false,
  description = "waits for the new templates",
  post        = "/api/newsletter/send",
}
