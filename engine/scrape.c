/* The view and what it borrows live until the clerk has done. */
#include "scrape.h"

#include <stdlib.h>

#include "daemon_parts.h"
#include "inquiry.h"
#include "metrics_text.h"
#include "mooncron/memory.h"
#include "status.h"

struct scrape {
    struct daemon *d;
    uint64_t ask;
    struct jobset *set; /* a reference, or NULL; counted on the loop only */
    struct metrics_view view;
    struct metrics_circuit *circuits; /* copies, names and all */
    char environment[ENVIRONMENT_MAX + 1];
    struct text out;
};

/* ---- on the loop: copying ---- */

static void copy_row(const struct daemon *d, uint32_t index,
                     struct metrics_row *row)
{
    const struct job *job = jobset_job(metrics_set(d->metrics), index);
    const struct recent_job *recent = recent_of(d->recent, job->name);
    row->counted = metrics_jobs(d->metrics)[index];
    row->passed = metrics_passed(d->metrics)[index];
    row->last_success = row->counted.last_success;
    row->next.ms = NEVER_MS;
    if (row->last_success.ms == EVER_MS && recent && recent->ran &&
        recent->last.verdict == VERDICT_OK)
        row->last_success = recent->last.ended; /* of an earlier life */
    if (job->standing != STANDING_SCHEDULED)
        return;
    struct lane_status lane = core_lane(d->core, index);
    row->next = core_next_slot(d->core, index);
    row->going = lane.going;
    row->fails = lane.fails;
    row->paused = lane.paused_until.ms != EVER_MS;
}

static void copy_rows(const struct daemon *d, struct scrape *scrape)
{
    struct jobset *set = metrics_set(d->metrics);
    if (!set)
        return;
    uint32_t count = jobset_count(set);
    scrape->view.set = scrape->set = jobset_ref(set);
    scrape->view.rows = memory_new(count * sizeof *scrape->view.rows);
    for (uint32_t i = 0; i < count; i++)
        copy_row(d, i, &scrape->view.rows[i]);
}

static void copy_circuits(const struct daemon *d, struct scrape *scrape)
{
    const struct metrics_circuit *circuits;
    size_t count = metrics_circuits(d->metrics, &circuits);
    struct metrics_circuit *copies = memory_new(count * sizeof *copies);
    for (size_t i = 0; i < count; i++) {
        const char *origin = circuits[i].origin;
        copies[i] = circuits[i];
        copies[i].origin = memory_string(origin);
    }
    scrape->view.circuits = scrape->circuits = copies;
    scrape->view.circuit_count = count;
}

static void copy_all(struct daemon *d, struct scrape *scrape)
{
    struct metrics_view *view = &scrape->view;
    struct journal *journal = d->records ? records_journal(d->records) : NULL;
    view->now = clock_now(&d->clock).wall;
    view->primary = d->config->primary;
    view->status = core_status(d->core);
    view->sums = *metrics_sums(d->metrics);
    view->traffic = traffic_counts(d->traffic);
    view->has_journal = journal != NULL;
    if (journal)
        journal_counts(journal, &view->journal);
    snprintf(scrape->environment, sizeof scrape->environment, "%s",
             status_environment(&view->status, d->config->node_env));
    view->environment = scrape->environment;
    copy_circuits(d, scrape);
    copy_rows(d, scrape);
}

/* ---- the clerk's ---- */

static void write_text(void *data)
{
    struct scrape *scrape = data;
    vitals_read(&scrape->view.vitals);
    metrics_text(&scrape->view, INQUIRY_LONG_BYTES_MAX, &scrape->out);
}

/* ---- and on the loop again ---- */

static void scrape_free(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->view.circuit_count; i++)
        free(scrape->circuits[i].origin);
    free(scrape->circuits);
    free(scrape->view.rows);
    jobset_unref(scrape->set);
    text_close(&scrape->out);
    free(scrape);
}

static void on_done(void *data, bool worked)
{
    struct scrape *scrape = data;
    if (worked)
        inbox_tell(scrape->d->inbox, scrape->ask, 200, text_take(&scrape->out),
                   0);
    else
        inquiry_refuse(scrape->d, scrape->ask, 503, "the worker is stopping");
    scrape_free(scrape);
}

void scrape_take(struct daemon *d, const struct ask *ask)
{
    struct scrape *scrape = memory_new(sizeof *scrape);
    scrape->d = d;
    scrape->ask = ask->id;
    text_init(&scrape->out, INQUIRY_LONG_BYTES_MAX);
    copy_all(d, scrape);
    if (!inquiry_write(d, ask->id, write_text, on_done, scrape))
        scrape_free(scrape);
}
