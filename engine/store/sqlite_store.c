/* The store in a file of SQLite: not there yet. */
#include "driver.h"
struct store *store_open_sqlite(const char *path, const char *owner,
                                struct wall now, struct error *ret_note,
                                struct error *reterr)
{
    (void)path;
    (void)owner;
    (void)now;
    (void)ret_note;
    error_set(reterr, "the SQLite store is not built yet");
    return NULL;
}
