/* The news: what the daemon tells the log, in sentences for a stranger. */
#ifndef MOONCRON_NEWS_H
#define MOONCRON_NEWS_H

#include "mooncron/core.h"
#include "mooncron/hostmsg.h"
#include "mooncron/log.h"
#include "mooncron/mistake.h"

/* `tzdata`: its version, or "". */
void news_start(struct log *log, const char *file, bool primary,
                const char *tzdata);
void news_listening(struct log *log, const char *host, uint16_t port,
                    bool loopback);

/* A schedule is in force; `at_ns` is when, on the wall clock. */
void news_schedule(struct log *log, const struct action *swap,
                   const struct core_status *status, int64_t at_ns);
/* Of the schedule in force; some of many. */
void news_warnings(struct log *log, const struct mistakes *warnings);
/* Other time zone data are in place; versions, or "". */
void news_zones(struct log *log, const char *before, const char *now);
void news_unchanged(struct log *log, uint32_t generation);
/* A load failed: mistakes, or a sentence. `running` is the number of the
 * schedule that goes on, 0: none. Returns what an asker is told: the mistakes
 * as `check` prints them, and what goes on; the caller frees it. */
char *news_load_failed(struct log *log, const char *file,
                       const struct mistakes *mistakes, const char *failure,
                       uint32_t running);

void news_finish(struct log *log, const struct action *finish, const char *why);
/* An attempt failed, and another follows. */
/* `until` when it is asked for. */
void news_accepted(struct log *log, const struct action *act,
                   struct wall until);
void news_again(struct log *log, const struct action *act, const char *why);
void news_hook(struct log *log, const struct action *act, const char *why);
/* `backend` is BACKEND_URL. */
void news_circuit(struct log *log, const struct action *act,
                  const char *backend);
void news_pause(struct log *log, const struct action *act);
void news_pass(struct log *log, const struct action *pass);
void news_cancel(struct log *log, const struct action *cancel);
void news_jump(struct log *log, const struct action *jump);
/* A heartbeat of the job does not get through, because `why`; "": it does
 * again. */
void news_beat(struct log *log, const char *job, const char *why);
void news_died(struct log *log, uint32_t generation, const char *how);
/* `runs` go on, and are waited for; or `again`: are not any more. */
void news_stopping(struct log *log, uint32_t runs, int64_t drain_ms,
                   bool again);
/* The journal is damaged: the worker `ends` for it, or is about to end, or goes
 * on, since what is damaged was only `read`. */
void news_damaged(struct log *log, bool ends, bool read);
/* `note` is of the run, or of the hook after it, that said it; or NULL. */
void news_script(struct log *log, const struct host_log *said,
                 const struct run_note *note);

#endif
