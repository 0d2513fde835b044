/* The log serves a stranger at three in the morning.
 *
 * One line an event, on standard error: text for people, JSON for machines.
 * Control characters are escaped; registered secrets are replaced by value.
 * Lines are buffered and written once a turn of the loop; a warning or an
 * error is written at once. Safe from any thread. */
#ifndef MOONCRON_LOG_H
#define MOONCRON_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/instant.h"

enum log_level {
    LOG_DEBUG, /* for who changes mooncron or a script */
    LOG_INFO,  /* what happens on an ordinary day */
    LOG_WARN,  /* nothing is lost yet, but somebody should know */
    LOG_ERROR, /* something that should have happened did not */
};

struct log;
struct clock;

struct log_config {
    enum log_level level;
    bool json;
    bool colour; /* text only */
    int fd;
};

/* `clock` stamps the lines and must outlive the log. Never NULL. */
struct log *log_new(const struct log_config *config, const struct clock *clock);
void log_free(struct log *log); /* flushes; NULL is fine */

/* From now on `secret` (8 bytes or more) never appears in a line. */
void log_redact(struct log *log, const char *secret);

bool log_wants(const struct log *log, enum log_level level);
void log_write(struct log *log, enum log_level level, const char *component,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* With fields after the sentence: pairs of name and text, ended by NULL; a
 * name that begins with "#" means a number that is written without quotes. */
void log_fields(struct log *log, enum log_level level, const char *component,
                const char *sentence, const char *const *pairs);

/* A block of lines that belongs together (the mistakes of a file): as it is in
 * text, as one field in JSON. */
void log_block(struct log *log, enum log_level level, const char *component,
               const char *sentence, const char *block);

/* Writes what is buffered. */
void log_flush(struct log *log);

#endif
