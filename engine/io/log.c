/* The log writes one line an event, and no secret, whatever it is handed. */
#include "mooncron/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mooncron/civil.h"
#include "mooncron/clock.h"
#include "mooncron/memory.h"
#include "mooncron/secrets.h"
#include "mooncron/text.h"

#define LINE_MAX_BYTES (256 << 10) /* the mistakes of a file are one block */
#define BUFFER_BYTES   (64 << 10)  /* then it is written, turn or no turn */
#define SECRETS_MAX    8           /* the kinds there are, with room */
#define SECRET_MIN     8           /* shorter ones would blot out words */

static const struct {
    const char *name, *title, *colour;
} levels[4] = {
    [LOG_DEBUG] = { "debug", "DEBUG", "\033[2m" },
    [LOG_INFO] = { "info", "INFO ", "" },
    [LOG_WARN] = { "warn", "WARN ", "\033[33m" },
    [LOG_ERROR] = { "error", "ERROR", "\033[31m" },
};

struct log {
    struct log_config config;
    const struct clock *clock;
    pthread_mutex_t lock; /* of what follows: any thread writes lines */
    struct text buffer;
    char *secrets[SECRETS_MAX];
    size_t secret_count;
};

/* ---- bytes that may be written ---- */

/* How long the secret is that begins here; 0: none does. */
static size_t secret_at(const struct log *log, const char *at, size_t len)
{
    for (size_t i = 0; i < log->secret_count; i++) {
        size_t secret_len = strlen(log->secrets[i]);
        if (secret_len <= len && !memcmp(at, log->secrets[i], secret_len))
            return secret_len;
    }
    return 0;
}

static void put_control(const struct log *log, unsigned char c,
                        struct text *out)
{
    if (c == '\n' || c == '\t')
        text_puts(out, c == '\n' ? "\\n" : "\\t");
    else
        text_printf(out, log->config.json ? "\\u%04x" : "\\x%02x", c);
}

/* Escaped for the form of the log; a block keeps its lines in text. */
static void put(const struct log *log, const char *at, bool block,
                struct text *out)
{
    size_t len = strlen(at);
    while (len > 0) {
        unsigned char c = (unsigned char)*at;
        size_t take = secret_at(log, at, len);
        if (take) {
            text_puts(out, "[redacted]");
        } else if (c >= 0x80) {
            take = text_utf8(at, len);
            if (take)
                text_add(out, at, take);
            else
                text_puts(out, "\xef\xbf\xbd"); /* U+FFFD */
        } else if ((c < 0x20 || c == 0x7f) && !(block && c == '\n')) {
            put_control(log, c, out);
        } else {
            if (log->config.json && (c == '"' || c == '\\'))
                text_putc(out, '\\');
            text_putc(out, (char)c);
        }
        take = take ? take : 1;
        at += take;
        len -= take;
    }
}

/* ---- lines ---- */

static void put_time(const struct log *log, struct text *out)
{
    struct civil c = civil_from(clock_now(log->clock).wall, 0);
    if (log->config.json)
        text_printf(out, "%04d-%02u-%02uT", (int)c.year, c.month, c.day);
    text_printf(out, "%02u:%02u:%02u.%03u%s", c.hour, c.minute, c.second, c.ms,
                log->config.json ? "Z" : "");
}

static void put_json(const struct log *log, const char *name, const char *value,
                     struct text *out)
{
    bool number = *name == '#';
    text_puts(out, ",\"");
    put(log, name + number, false, out);
    text_puts(out, number ? "\":" : "\":\"");
    put(log, value, false, out);
    if (!number)
        text_putc(out, '"');
}

static void put_pair(const struct log *log, const char *name, const char *value,
                     struct text *out)
{
    if (log->config.json) {
        put_json(log, name, value, out);
        return;
    }
    text_puts(out, "  ");
    put(log, name + (*name == '#'), false, out);
    text_putc(out, '=');
    put(log, value, false, out);
}

static void put_head(const struct log *log, enum log_level level,
                     const char *component, const char *sentence,
                     struct text *out)
{
    if (log->config.json) {
        text_puts(out, "{\"time\":\"");
        put_time(log, out);
        text_printf(out, "\",\"level\":\"%s\",\"component\":\"%s\"",
                    levels[level].name, component);
        put_json(log, "message", sentence, out);
        return;
    }
    const char *colour = log->config.colour ? levels[level].colour : "";
    put_time(log, out);
    text_printf(out, " %s%s%s %-8s  ", colour, levels[level].title,
                *colour ? "\033[0m" : "", component);
    put(log, sentence, false, out);
}

/* The event's name is for machines: in text the sentence says it. */
static bool shown(const struct log *log, const char *name, const char *value)
{
    return *value && (log->config.json || strcmp(name, "event") != 0);
}

static void put_block(const struct log *log, const char *block,
                      struct text *out)
{
    if (log->config.json) {
        put_json(log, "block", block, out);
        return;
    }
    text_putc(out, '\n');
    put(log, block, true, out);
}

static void buffer_write(struct log *log)
{
    const char *at = log->buffer.data;
    size_t len = log->buffer.len;
    while (len > 0) {
        ssize_t wrote = write(log->config.fd, at, len);
        if (wrote > 0) {
            at += wrote;
            len -= (size_t)wrote;
            continue;
        }
        struct pollfd ready = { .fd = log->config.fd, .events = POLLOUT };
        if (errno == EAGAIN && poll(&ready, 1, 1000) == 1)
            continue;
        if (errno != EINTR)
            break; /* nobody reads it: the worker goes on */
    }
    text_clear(&log->buffer);
}

static void log_line(struct log *log, enum log_level level,
                     const char *component, const char *sentence,
                     const char *const *pairs, const char *block)
{
    struct text line;
    text_init(&line, LINE_MAX_BYTES);
    pthread_mutex_lock(&log->lock);
    put_head(log, level, component, sentence, &line);
    for (; pairs && pairs[0]; pairs += 2)
        if (shown(log, pairs[0], pairs[1]))
            put_pair(log, pairs[0], pairs[1], &line);
    if (block)
        put_block(log, block, &line);
    if (line.cut) { /* half an object is none */
        text_close(&line);
        text_init(&line, LINE_MAX_BYTES);
        put_head(log, level, component, "this line was too long to be written",
                 &line);
    }
    if (log->config.json)
        text_putc(&line, '}');
    if (line.len && line.data[line.len - 1] != '\n')
        text_putc(&line, '\n');
    if (log->buffer.len + line.len > BUFFER_BYTES)
        buffer_write(log);
    text_add(&log->buffer, line.data, line.len);
    if (level >= LOG_WARN || log->buffer.len > BUFFER_BYTES)
        buffer_write(log);
    pthread_mutex_unlock(&log->lock);
    text_close(&line);
}

/* ---- what others call ---- */

struct log *log_new(const struct log_config *config, const struct clock *clock)
{
    struct log *log = memory_new(sizeof *log);
    log->config = *config;
    log->clock = clock;
    pthread_mutex_init(&log->lock, NULL);
    text_init(&log->buffer, BUFFER_BYTES + LINE_MAX_BYTES + 2);
    return log;
}

void log_free(struct log *log)
{
    if (!log)
        return;
    log_flush(log);
    pthread_mutex_destroy(&log->lock);
    for (size_t i = 0; i < log->secret_count; i++)
        secret_free(log->secrets[i]);
    text_close(&log->buffer);
    free(log);
}

void log_redact(struct log *log, const char *secret)
{
    size_t len = strlen(secret);
    pthread_mutex_lock(&log->lock);
    if (len >= SECRET_MIN && log->secret_count < SECRETS_MAX)
        log->secrets[log->secret_count++] = memory_copy(secret, len);
    pthread_mutex_unlock(&log->lock);
}

bool log_wants(const struct log *log, enum log_level level)
{
    return level >= log->config.level;
}

void log_write(struct log *log, enum log_level level, const char *component,
               const char *format, ...)
{
    if (!log_wants(log, level))
        return;
    struct text sentence;
    text_init(&sentence, LINE_MAX_BYTES / 4);
    va_list args;
    va_start(args, format);
    text_vprintf(&sentence, format, args);
    va_end(args);
    log_line(log, level, component, sentence.data, NULL, NULL);
    text_close(&sentence);
}

void log_fields(struct log *log, enum log_level level, const char *component,
                const char *sentence, const char *const *pairs)
{
    if (log_wants(log, level))
        log_line(log, level, component, sentence, pairs, NULL);
}

void log_block(struct log *log, enum log_level level, const char *component,
               const char *sentence, const char *block)
{
    if (log_wants(log, level))
        log_line(log, level, component, sentence, NULL, block);
}

void log_flush(struct log *log)
{
    pthread_mutex_lock(&log->lock);
    buffer_write(log);
    pthread_mutex_unlock(&log->lock);
}
