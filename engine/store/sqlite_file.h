/* The journal's file: opened for one process alone, looked over, moved aside.
 */
#ifndef MOONCRON_STORE_SQLITE_FILE_H
#define MOONCRON_STORE_SQLITE_FILE_H

#include <stdbool.h>

#include "mooncron/instant.h"
#include "sqlite_schema.h"

/* Opens or makes the file and brings it to the newest version. Other processes
 * are locked out until `*ret_db` is closed; it is NULL but on OPENED.
 * `ret_was` is the version that it had. */
enum opened file_open(const char *path, const struct schema *schema,
                      sqlite3 **ret_db, int *ret_was, struct error *reterr);

/* Whether the file ends within a page: it was cut, or a write into it was. */
bool file_torn(const char *path);

/* Renames the file and what belongs to it to "<path>.corrupt-<time>";
 * `ret_note` says where it is. */
bool file_aside(const char *path, struct wall now, struct error *ret_note,
                struct error *reterr);

#endif
