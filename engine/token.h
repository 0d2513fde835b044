/* The admin token that the worker makes up where none is given: so that
 * `mooncron reload` just works on the same machine. */
#ifndef MOONCRON_TOKEN_H
#define MOONCRON_TOKEN_H

#include <stdbool.h>

#include "mooncron/config.h"
#include "mooncron/log.h"

/* Makes a token up, and keeps it out of the log. The caller hands it to
 * token_discard() in the end. */
char *token_make(struct log *log);

/* Writes it, mode 0640, to admin.token in the runtime directory, or in the
 * state directory where there is none; false, and a warning, where it cannot be
 * written. Only the instance that has the listener may: the file leads to it.
 */
bool token_publish(const struct config *config, const char *token,
                   struct log *log);
/* The same when it has failed before: now the success is told. */
bool token_publish_late(const struct config *config, const char *token,
                        struct log *log);

/* Removes the file, where it holds this token and not that of an instance that
 * came later, and frees the token; NULL is fine. */
void token_discard(const struct config *config, char *token);

/* Where that file is. */
void token_path(const struct config *config, char *buffer, size_t size);

#endif
