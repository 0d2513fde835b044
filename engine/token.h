/* The admin token that the worker makes up where none is given: so that
 * `mooncron reload` just works on the same machine. */
#ifndef MOONCRON_TOKEN_H
#define MOONCRON_TOKEN_H

#include "mooncron/config.h"
#include "mooncron/log.h"

/* Makes a token and writes it, mode 0640, to admin.token in the runtime
 * directory, or in the state directory where there is none. NULL where it
 * cannot be written, which is logged: then nobody may ask over HTTP. The caller
 * hands it to token_discard() in the end. */
char *token_make(const struct config *config, struct log *log);

/* Removes the file and frees the token; NULL is fine. */
void token_discard(const struct config *config, char *token);

/* Where that file is. */
void token_path(const struct config *config, char *buffer, size_t size);

#endif
