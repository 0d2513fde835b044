/* The source of Settings: the backend with a copy on disk, or a file.
 *
 * It keeps the last good Settings whole, for the scripts; what the core has to
 * know of them are facts. */
#ifndef MOONCRON_SOURCE_H
#define MOONCRON_SOURCE_H

#include "mooncron/clock.h"
#include "mooncron/config.h"
#include "mooncron/http.h"
#include "mooncron/log.h"
#include "mooncron/settings.h"

struct source;

/* The end of a fetch; from inside source_fetch() where a file is read. Either
 * `facts`, or `failure`, a sentence that was logged already. */
typedef void source_done(void *data, enum fetch_outcome outcome,
                         const struct facts *facts, const char *failure);

/* `file` NULL: the backend. Everything but `done`'s answer is borrowed and must
 * outlive the source. A copy on disk is read here, and what is wrong with it is
 * logged. Never NULL. */
struct source *source_new(const struct config *config, const char *file,
                          struct http *http, const struct clock *clock,
                          struct log *log, source_done *done, void *data);
void source_free(struct source *source); /* NULL is fine; no fetch is live */

/* From now on no copy is written to disk. */
void source_keep_nothing(struct source *source);

/* Settings that are older than the last by their `updatedAt` are taken only
 * where `believe_older`; else they count as not modified. */
void source_fetch(struct source *source, bool believe_older);

/* The facts of the copy on disk; false where there is none of use. */
bool source_cached(const struct source *source, struct facts *ret_facts);

/* What came last: the built-in Settings before anything did. */
const struct settings *source_settings(const struct source *source);

#endif
