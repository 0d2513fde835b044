/* The store is asked for some jobs of the first set at a time: one after the
 * other on its thread, and what it knows of them is added on the loop. */
#include "remembering.h"

#include <stdlib.h>

#include "daemon_parts.h"
#include "dossier.h"
#include "mooncron/memory.h"

#define JOBS_MAX 100 /* of one question: some ms of the loop */

/* Some jobs of the first set, which is kept until the last of them. */
struct remembering {
    struct daemon *d;
    struct jobset *set;
    uint32_t index, count;
    struct dossier *dossiers[JOBS_MAX]; /* NULL: that job failed */
};

/* The rows of one job: they are few. Of one that failed it is told from now on
 * only. */
static struct dossier *read_recent(struct store *store, const char *job)
{
    const struct history_query query = { .job = job,
                                         .from = { EVER_MS },
                                         .to = { NEVER_MS },
                                         .limit = RECENT_TOOK };
    struct dossier *dossier = dossier_new(&query);
    struct error error;
    enum history_step step;
    do
        step = dossier_read(dossier, store, &error);
    while (step == HISTORY_GOES_ON);
    if (step == HISTORY_FAILED) {
        dossier_free(dossier);
        return NULL;
    }
    return dossier;
}

static enum question_step on_asked(struct store *store, struct wall now,
                                   void *question, struct error *reterr)
{
    struct remembering *r = question;
    uint32_t index = r->index + r->count;
    (void)now;
    (void)reterr;
    if (r->count == JOBS_MAX || index >= jobset_count(r->set))
        return QUESTION_ANSWERED;
    r->dossiers[r->count++] =
        read_recent(store, jobset_job(r->set, index)->name);
    return QUESTION_GOES_ON;
}

static void go_on(struct remembering *r);

static void add(struct daemon *d, const struct dossier *dossier)
{
    const char *owner = records_owner(d->records);
    for (size_t i = 0; dossier && i < dossier->row_count; i++) {
        const struct history_row *row = &dossier->rows[i];
        if (dossier_left_open(row, owner))
            recent_left(d->recent, row);
        else
            recent_row(d->recent, row);
    }
}

static void on_told(void *question, const char *failure)
{
    struct remembering *r = question;
    (void)failure;
    for (uint32_t i = 0; i < r->count; i++) {
        add(r->d, r->dossiers[i]);
        dossier_free(r->dossiers[i]);
    }
    r->index += JOBS_MAX;
    r->count = 0;
    go_on(r);
}

static void go_on(struct remembering *r)
{
    struct journal *journal =
        r->d->closing ? NULL : records_journal(r->d->records);
    if (journal && r->index < jobset_count(r->set)) {
        journal_ask(journal, on_asked, on_told, r);
        return;
    }
    r->d->remembering = false;
    jobset_unref(r->set);
    free(r);
}

void remembering_begin(struct daemon *d)
{
    const struct jobset *set = core_status(d->core).set;
    if (!d->records || !set)
        return;
    struct remembering *r = memory_new(sizeof *r);
    d->remembering = true;
    r->d = d;
    r->set = jobset_ref((struct jobset *)set);
    go_on(r);
}
