/* The token is a file that only this machine's users may read. */
#include "token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mooncron/memory.h"
#include "mooncron/secrets.h"

#define TOKEN_HEX 48 /* 192 bits: nobody guesses it */

void token_path(const struct config *config, char *buffer, size_t size)
{
    const char *folder = config->runtime_directory ? config->runtime_directory
                                                   : config->state_directory;
    snprintf(buffer, size, "%s/admin.token", folder);
}

/* Aside and renamed, so that nobody reads half a token. */
static bool token_write(const char *path, const char *token)
{
    char aside[4200];
    snprintf(aside, sizeof aside, "%s.new", path);
    unlink(aside);
    int fd = open(aside, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
    if (fd < 0)
        return false;
    size_t len = strlen(token);
    bool whole = write(fd, token, len) == (ssize_t)len;
    int failed = errno;
    if (close(fd) || !whole || rename(aside, path)) {
        failed = whole ? errno : failed;
        unlink(aside);
        errno = failed;
        return false;
    }
    return true;
}

char *token_make(struct log *log)
{
    char token[TOKEN_HEX + 1];
    secret_make(token, TOKEN_HEX);
    log_redact(log, token);
    return memory_copy(token, TOKEN_HEX);
}

bool token_publish(const struct config *config, const char *token,
                   struct log *log)
{
    char path[4096];
    token_path(config, path, sizeof path);
    if (token_write(path, token))
        return true;
    log_write(log, LOG_WARN, "server",
              "no admin token was written to %s: %s; until it is, commands "
              "that give orders are refused",
              path, strerror(errno));
    return false;
}

bool token_publish_late(const struct config *config, const char *token,
                        struct log *log)
{
    char path[4096];
    token_path(config, path, sizeof path);
    if (!token_write(path, token))
        return false;
    log_write(log, LOG_WARN, "server",
              "the admin token is written to %s now: commands that give orders "
              "are heard",
              path);
    return true;
}

static bool token_is_in(const char *path, const char *token)
{
    struct error ignored;
    char *found = secret_read(path, &ignored);
    bool same =
        found && secret_equal(found, strlen(found), token, strlen(token));
    secret_free(found);
    return same;
}

void token_discard(const struct config *config, char *token)
{
    if (!token)
        return;
    char path[4096];
    token_path(config, path, sizeof path);
    if (token_is_in(path, token))
        unlink(path);
    secret_free(token);
}
