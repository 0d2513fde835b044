/* Signatures of Standard Webhooks 1.0: HMAC-SHA256 over "id.timestamp.body". */
#ifndef IO_SIGNATURE_H
#define IO_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/error.h"

#define SIGNATURE_WINDOW_S 300 /* what the standard's own libraries take */
#define SIGNATURE_ID_MAX   256
/* A header may name several: a sender that rotates its secret needs two. */
#define SIGNATURES_MAX 16

/* The three headers, as they came. */
struct signature {
    const char *id, *timestamp, *signatures;
};

/* The key of a secret: what follows "whsec_" is base64, anything else is taken
 * byte for byte. `key` has room for SECRET_MAX bytes. False and a sentence
 * where it begins with "whsec_" and goes on as something else. */
bool signature_key(const char *secret, unsigned char *key, size_t *ret_len,
                   struct error *reterr);

/* Was the body signed with `secret` within the window around `now_s`, seconds
 * since 1970? Takes as long for a wrong signature as for a right one. */
bool signature_good(const struct signature *signature, const char *secret,
                    const void *body, size_t len, int64_t now_s);

#endif
