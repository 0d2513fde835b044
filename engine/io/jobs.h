/* What an operator asks of jobs, and wants of them, over HTTP.
 *
 *   GET  /api/v1/status?job=              all jobs, or one
 *   GET  /api/v1/plan?job=&horizon=       what will run, and when
 *   GET  /api/v1/runs?limit=&from=&to=&verdict=
 *   GET  /api/v1/jobs/NAME/runs           the same of one job
 *   GET  /api/v1/jobs/NAME/runs/KEY       one run, by the `key` that it has
 *   GET  /api/v1/jobs/NAME/why?at=        what happened, or will
 *   GET  /metrics                         for Prometheus
 *   POST /api/v1/jobs/NAME/run            {"force", "by", "reason"}
 *   POST /api/v1/jobs/NAME/pause          {"for", "by", "reason"}
 *   POST /api/v1/jobs/NAME/resume         {"dry_run", "by", "reason"}
 *   POST /api/v1/jobs/NAME/backfill       {"from", "to", "dry_run", "yes", ...}
 *
 * Times are RFC 3339. A KEY is the time of the slot, for a manual run with
 * "~manual" behind it. */
#ifndef IO_JOBS_H
#define IO_JOBS_H

#include "web.h"

web_handler jobs_status, jobs_runs, jobs_run, jobs_why, jobs_plan, jobs_metrics;
web_handler jobs_trigger, jobs_pause, jobs_resume, jobs_backfill;

#endif
