/* A sheet is a jobset that a test writes by hand, in a zone, and the plan
 * that shows it. */
#ifndef TESTS_CLI_SHEET_H
#define TESTS_CLI_SHEET_H

#include "../../engine/cli/plan_looks.h"

struct sheet {
    struct jobset *set;
    struct plan plan;
    struct text out;
    struct zones *zones;
    uint32_t line;   /* of the last job */
    struct job like; /* what the jobs to come have beside name and time */
};

/* In production, at an RFC 3339 time, by the clock of the zone. */
void sheet_open(struct sheet *sheet, const char *zone, const char *now);
/* Jobs, each a line further down, POST /name, a timeout of 30 s, one attempt,
 * and a word on catching up. */
void sheet_every(struct sheet *sheet, const char *name, int64_t every_ms,
                 int64_t phase_ms);
void sheet_cron(struct sheet *sheet, const char *name, const char *zone,
                const char *expression);
void sheet_at(struct sheet *sheet, const char *name, const char *zone,
              const char *time);
/* Whatever is 0 in the bounds of `spec` is open. */
void sheet_rules(struct sheet *sheet, const char *name, const char *zone,
                 struct rules_spec spec);
/* Seals the set and makes the plan. */
void sheet_plan(struct sheet *sheet, int64_t horizon_ms);
void sheet_close(struct sheet *sheet);

struct wall sheet_time(const char *rfc3339);
const struct job *sheet_job(const struct sheet *sheet, const char *name);

#endif
