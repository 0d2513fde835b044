/* Secrets: read from files, compared in constant time, made of randomness,
 * cleansed before they go. */
#include "mooncron/secrets.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "mooncron/memory.h"
#include "mooncron/read_all.h"

/* Opened without waiting: a pipe that nobody writes to must not hold the start
 * of the worker. */
static int open_plain(const char *path, struct error *reterr)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        error_set(reterr, "read the secret in %s: %s", path, strerror(errno));
        return -1;
    }
    struct stat stat;
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        error_set(reterr, "read the secret in %s: wanted a plain file", path);
        close(fd);
        return -1;
    }
    return fd;
}

bool secret_check(const char *bytes, size_t len, struct error *reterr)
{
    if (len > SECRET_MAX) {
        error_set(reterr, "wanted at most %d bytes, found more", SECRET_MAX);
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c >= 0x20 && c != 0x7f)
            continue;
        error_set(reterr,
                  "wanted one line of text, found the control character 0x%02x "
                  "at byte %zu",
                  c, i + 1);
        return false;
    }
    if (len == 0)
        error_set(reterr, "it is empty");
    return len > 0;
}

char *secret_read(const char *path, struct error *reterr)
{
    int fd = open_plain(path, reterr);
    if (fd < 0)
        return NULL;
    char buffer[SECRET_MAX + 2]; /* a newline, and one byte too many */
    ssize_t got = read_all(fd, buffer, sizeof buffer);
    int reason = errno;
    close(fd);
    char *secret = NULL;
    if (got < 0) {
        error_set(reterr, "read the secret in %s: %s", path, strerror(reason));
    } else {
        size_t len = (size_t)got;
        if (len > 0 && buffer[len - 1] == '\n')
            len--;
        if (secret_check(buffer, len, reterr))
            secret = memory_copy(buffer, len);
        else
            error_wrap(reterr, "read the secret in %s", path);
    }
    OPENSSL_cleanse(buffer, sizeof buffer);
    return secret;
}

void secret_free(char *secret)
{
    if (!secret)
        return;
    OPENSSL_cleanse(secret, strlen(secret));
    free(secret);
}

bool secret_equal(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned char left[SHA256_DIGEST_LENGTH], right[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)a, a_len, left);
    SHA256((const unsigned char *)b, b_len, right);
    return CRYPTO_memcmp(left, right, sizeof left) == 0;
}

static void write_hex(const unsigned char *bytes, size_t count, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * count] = '\0';
}

void secret_make(char *buffer, size_t hex_len)
{
    unsigned char bytes[64]; /* 512 bits: more than any token here */
    assert(hex_len % 2 == 0 && hex_len / 2 <= sizeof bytes);
    int good = RAND_bytes(bytes, (int)(hex_len / 2));
    assert(good == 1); /* without randomness there is no secret at all */
    write_hex(bytes, hex_len / 2, buffer);
    OPENSSL_cleanse(bytes, sizeof bytes);
}

void secret_sha256(const void *bytes, size_t len, char hex[65])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(bytes, len, digest);
    write_hex(digest, sizeof digest, hex);
}

void secret_hmac_base64(const void *key, size_t key_len, const void *message,
                        size_t len, char buffer[64])
{
    assert(key_len <= SECRET_MAX);
    unsigned char digest[SHA256_DIGEST_LENGTH];
    unsigned digest_len = 0;
    unsigned char *done = HMAC(EVP_sha256(), key, (int)key_len, message, len,
                               digest, &digest_len);
    assert(done && digest_len == sizeof digest);
    /* 32 bytes are 44 characters and a NUL. */
    EVP_EncodeBlock((unsigned char *)buffer, digest, (int)digest_len);
}

void secrets_protect_process(void)
{
    /* Neither can fail for a process that asks for less than it has. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
#ifndef MOONCRON_SANITIZED
    /* The leak checker looks at this process from outside, as a thief would. */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
