/* A dossier is what the store knows of a job, read on the store's thread and
 * handed to the loop: rows, the pause, and which worker lived when. Strings are
 * its own. */
#ifndef MOONCRON_DOSSIER_H
#define MOONCRON_DOSSIER_H

#include "mooncron/memory.h"
#include "mooncron/store.h"
#include "mooncron/text.h"
#include "mooncron/zone.h"

#define DOSSIER_SLOTS_MAX 2 /* that are wanted */

struct dossier {
    /* Newest slot first; behind them those of the slots that were wanted, as
     * far as they are not among them. */
    struct history_row *rows;
    size_t row_count;
    bool more; /* there are older ones */
    bool is_paused;
    struct stored_pause pause;
    struct stored_life *lives; /* newest first */
    size_t life_count;
    struct stored_off *offs; /* newest first */
    size_t off_count;
    bool known; /* there is a row of the job, whatever was asked for */
    bool moved; /* a damaged store was moved aside when this life began */
    /* private */
    struct history_query query;
    struct history_walk *walk;
    enum { DOSSIER_ROWS, DOSSIER_SLOTS, DOSSIER_OLDER } phase;
    struct wall wanted[DOSSIER_SLOTS_MAX];
    size_t wanted_count;
    struct wall oldest; /* of the rows that were read first */
    size_t row_cap;
    struct arena strings;
};

/* Empty. The job's name is borrowed until all rows are read. */
struct dossier *dossier_new(const struct history_query *query);
/* Before anything is read: the rows of this slot, too, however many others lie
 * between, and whatever the query says. */
void dossier_want(struct dossier *dossier, struct wall slot);
/* Reads some rows, until all are; a sentence where the store does not answer.
 */
enum history_step dossier_read(struct dossier *dossier, struct store *store,
                               struct error *reterr);
/* Where there are older rows than were read: true, once, and dossier_read()
 * goes on with the newest run among a thousand of them. One that lasts may have
 * passed over many slots. */
#define DOSSIER_OLDER_ROWS 1000
bool dossier_look_back(struct dossier *dossier);
/* Reads the pause of the job as well; when it had no slots; the lives of
 * workers; whether anything is known of it. */
void dossier_add_pause(struct dossier *dossier, struct store *store,
                       const char *job);
void dossier_add_offs(struct dossier *dossier, struct store *store,
                      const char *job);
void dossier_add_lives(struct dossier *dossier, struct store *store,
                       struct wall now);
void dossier_add_known(struct dossier *dossier, struct store *store,
                       const char *job);
void dossier_free(struct dossier *dossier); /* NULL is fine */

/* Whether it is a run that another life had claimed, and nobody has gone on
 * with yet; `owner` is this life, or NULL where there is none. */
bool dossier_left_open(const struct history_row *row, const char *owner);
/* A row as members of an object that is open. Its `state` is waiting, running,
 * left_open, done, or passed: then it is of `count` slots up to `last`, and no
 * run; `by` and `reason` are whoever had paused the job, and why. */
void dossier_row(const struct history_row *row, const char *owner,
                 const struct zone *zone, struct text *out);

#endif
