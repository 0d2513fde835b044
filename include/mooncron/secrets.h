/* Where secrets come from, and how they go. */
#ifndef MOONCRON_SECRETS_H
#define MOONCRON_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include "mooncron/error.h"

#define SECRET_MAX 4096

/* Whether it is one line of 1 to SECRET_MAX bytes without control characters.
 * A sentence says what was found instead, never the value. */
bool secret_check(const char *bytes, size_t len, struct error *reterr);

/* What a file has, which secret_check() likes; one newline at the end is
 * dropped. The caller frees it with
 * secret_free(). NULL and a sentence that names the path, never the value. */
char *secret_read(const char *path, struct error *reterr);
void secret_free(char *secret); /* cleansed first; NULL is fine */

/* Equal? Both sides are hashed first, so the time tells neither length nor
 * place of the first difference. */
bool secret_equal(const char *a, size_t a_len, const char *b, size_t b_len);

/* `hex_len` / 2 random bytes as hex, NUL-terminated. */
void secret_make(char *buffer, size_t hex_len);

/* SHA-256 of bytes as 64 hex digits and a NUL. */
void secret_sha256(const void *bytes, size_t len, char hex[65]);

/* Base64 of HMAC-SHA256(key, message), NUL-terminated. */
void secret_hmac_base64(const void *key, size_t key_len, const void *message,
                        size_t len, char buffer[64]);

/* No core dumps, not traceable by others: called once at the start. */
void secrets_protect_process(void);

#endif
