/* The journal's file: opened for one process alone, looked over, moved aside.
 */
#ifndef MOONCRON_STORE_SQLITE_FILE_H
#define MOONCRON_STORE_SQLITE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/instant.h"
#include "sqlite_schema.h"

/* Opens or makes the file and brings it to the newest version. Other processes
 * are locked out until `*ret_db` is closed; it is NULL but on OPENED.
 * `ret_was` is the version that it had. */
enum opened file_open(const char *path, const struct schema *schema,
                      sqlite3 **ret_db, int *ret_was, struct error *reterr);

int64_t file_bytes(const char *path); /* 0: it is not there */
/* Whether one of so many ends within a page: it was cut, or a write into it
 * was.
 */
bool file_torn(int64_t bytes);

/* Renames the file and what belongs to it to "<path>.corrupt-<time>";
 * `ret_note` says where it is. */
bool file_aside(const char *path, struct wall now, struct error *ret_note,
                struct error *reterr);

#endif
