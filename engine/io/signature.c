/* A signature tells that a body comes from who knows the secret, and when. */
#include "signature.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "mooncron/memory.h"
#include "mooncron/secrets.h"

static const char prefix[] = "whsec_";
#define PREFIX_LEN (sizeof prefix - 1)

/* Strict base64: whole groups of four, `=` only at the end. */
static bool base64_decode(const char *text, size_t len, unsigned char *bytes,
                          size_t *ret_len)
{
    if (len == 0 || len % 4 != 0 || len > SECRET_MAX)
        return false;
    size_t pad = 0;
    while (pad < 2 && text[len - 1 - pad] == '=')
        pad++;
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";
    if (strspn(text, alphabet) != len - pad)
        return false;
    int got = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len);
    if (got < 0)
        return false;
    *ret_len = (size_t)got - pad;
    return true;
}

bool signature_key(const char *secret, unsigned char *key, size_t *ret_len,
                   struct error *reterr)
{
    size_t len = strlen(secret);
    if (strncmp(secret, prefix, PREFIX_LEN) != 0) {
        if (len > SECRET_MAX) {
            error_set(reterr, "the secret is longer than %d bytes", SECRET_MAX);
            return false;
        }
        memcpy(key, secret, len);
        *ret_len = len;
        return true;
    }
    if (!base64_decode(secret + PREFIX_LEN, len - PREFIX_LEN, key, ret_len)) {
        error_set(reterr, "the secret begins with \"whsec_\", but what follows "
                          "is not base64");
        return false;
    }
    return true;
}

/* Seconds since 1970: digits only. */
static bool read_seconds(const char *text, int64_t *ret_s)
{
    size_t len = strlen(text);
    if (len == 0 || len > 12 || strspn(text, "0123456789") != len)
        return false;
    *ret_s = strtoll(text, NULL, 10);
    return true;
}

/* The content that is signed; the caller frees it. */
static char *signed_content(const struct signature *signature, const void *body,
                            size_t len, size_t *ret_len)
{
    size_t id = strlen(signature->id), time = strlen(signature->timestamp);
    size_t total = id + time + len + 2;
    char *content = memory_new(total + 1);
    memcpy(content, signature->id, id);
    content[id] = '.';
    memcpy(content + id + 1, signature->timestamp, time);
    content[id + time + 1] = '.';
    if (len)
        memcpy(content + id + time + 2, body, len);
    *ret_len = total;
    return content;
}

/* Is `wanted` among the "v1,<base64>" of the list? Every one is looked at. */
static bool list_has(const char *list, const char *wanted)
{
    bool found = false;
    for (int i = 0; i < SIGNATURES_MAX && *list; i++) {
        size_t len = strcspn(list, " ");
        if (len > 3 && strncmp(list, "v1,", 3) == 0)
            found |= secret_equal(list + 3, len - 3, wanted, strlen(wanted));
        list += len;
        list += strspn(list, " ");
    }
    return found;
}

bool signature_good(const struct signature *signature, const char *secret,
                    const void *body, size_t len, int64_t now_s)
{
    int64_t sent_s;
    size_t id_len = strlen(signature->id);
    if (id_len == 0 || id_len > SIGNATURE_ID_MAX ||
        !read_seconds(signature->timestamp, &sent_s) ||
        sent_s < now_s - SIGNATURE_WINDOW_S ||
        sent_s > now_s + SIGNATURE_WINDOW_S)
        return false;
    unsigned char key[SECRET_MAX];
    size_t key_len;
    struct error ignored;
    if (!signature_key(secret, key, &key_len, &ignored))
        return false;
    size_t content_len;
    char *content = signed_content(signature, body, len, &content_len);
    char wanted[64];
    secret_hmac_base64(key, key_len, content, content_len, wanted);
    OPENSSL_cleanse(key, sizeof key);
    free(content);
    return list_has(signature->signatures, wanted);
}
