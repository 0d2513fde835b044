/* A schema is a list of steps, each of which brings a file from one version to
 * the next; the file's user_version counts the steps it has had. */
#ifndef MOONCRON_STORE_SQLITE_SCHEMA_H
#define MOONCRON_STORE_SQLITE_SCHEMA_H

#include <sqlite3.h>

#include "mooncron/error.h"

struct schema {
    int application_id;       /* in the file's head: whose it is */
    int version;              /* number of steps */
    const char *const *steps; /* SQL of each; one that was released is never
                               * changed again */
};
extern const struct schema schema_journal;

/* What came of an attempt to open. The sentence of the last two is without the
 * file's name. */
enum opened {
    OPENED,
    OPENED_REFUSED, /* leave it as it is */
    OPENED_DAMAGED, /* no use can be made of it */
};

/* Whether the file is one of ours or empty, and not of a newer version; changes
 * nothing. `ret_was` is its version, 0 for an empty one. */
enum opened schema_look(sqlite3 *db, const struct schema *schema, int *ret_was,
                        struct error *reterr);
/* Brings it to the newest version, each step in a transaction of its own. */
enum opened schema_bring(sqlite3 *db, const struct schema *schema, int was,
                         struct error *reterr);

/* The sentence for a file that makes no sense: damaged, unless the disk did not
 * let it be read, which SQLite takes for the same. */
enum opened schema_damaged(sqlite3 *db, const char *how, struct error *reterr);
/* The sentence for what a call of SQLite last failed with, and whose fault. */
enum opened schema_blame(sqlite3 *db, struct error *reterr);

#endif
