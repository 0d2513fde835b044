/* Lines of JSON are answered one by one; nothing is kept between them but the
 * zones. (Keeping the rules of the last expression was tried and left out: a
 * request takes some 3 us without.) */
#include "mooncron/batch.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mooncron/civil.h"
#include "mooncron/clock.h"
#include "mooncron/memory.h"
#include "mooncron/schedule.h"
#include "mooncron/text.h"

/* Answers are written once there are this many bytes; one is never longer than
 * what is left of the maximum: an id of one line, and 1000 times. */
#define ANSWERS_BYTES     (64u << 10)
#define ANSWERS_BYTES_MAX (1u << 20)

/* What one request says; it borrows from the JSON. */
struct request {
    const char *expr, *tz;
    size_t expr_len;
    struct wall from; /* NEVER_MS: now */
    unsigned n;
    bool previous;
};

struct batch {
    struct zones *zones;
    struct clock clock;
    struct wall now; /* NEVER_MS: the clock's */
    struct text answers;
    int out;
    uint64_t line; /* 1-based */
};

/* ---- fields ---- */

typedef bool read_field(const json_t *value, struct request *request,
                        struct error *reterr);

static bool read_id(const json_t *value, struct request *request,
                    struct error *reterr)
{
    (void)value, (void)request, (void)reterr;
    return true; /* any value: it is only echoed */
}

static bool read_expr(const json_t *value, struct request *request,
                      struct error *reterr)
{
    request->expr = json_string_value(value);
    request->expr_len = json_string_length(value);
    if (!request->expr)
        error_set(reterr, "expr: wants a text such as \"30 2 * * *\"");
    return request->expr;
}

static bool read_tz(const json_t *value, struct request *request,
                    struct error *reterr)
{
    const char *name = json_string_value(value);
    request->tz = name;
    if (name && strlen(name) == json_string_length(value))
        return true;
    error_set(reterr, "tz: wants a name such as \"Europe/Bucharest\"");
    return false;
}

static bool read_from(const json_t *value, struct request *request,
                      struct error *reterr)
{
    const char *text = json_string_value(value);
    if (text && rfc3339_parse(text, json_string_length(value), &request->from))
        return true;
    error_set(
        reterr,
        "from: wants a time such as \"2026-01-01T00:00:00Z\", not %s%.40s%s",
        text ? "\"" : "", text ? text : "a value that is no text",
        text ? "\"" : "");
    return false;
}

static bool read_n(const json_t *value, struct request *request,
                   struct error *reterr)
{
    json_int_t n = json_integer_value(value);
    request->n = (unsigned)n;
    if (n >= 1 && n <= BATCH_TIMES_MAX)
        return true;
    error_set(reterr, "n: wants a whole number from 1 to %d", BATCH_TIMES_MAX);
    return false;
}

static bool read_previous(const json_t *value, struct request *request,
                          struct error *reterr)
{
    request->previous = json_is_true(value);
    if (!json_is_boolean(value))
        error_set(reterr, "previous: wants true or false");
    return json_is_boolean(value);
}

static const struct {
    const char *name;
    read_field *read;
} fields[] = {
    { "id", read_id },     { "expr", read_expr }, { "tz", read_tz },
    { "from", read_from }, { "n", read_n },       { "previous", read_previous },
};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])
#define FIELDS_ARE  "id, expr, tz, from, n, previous"

static read_field *field_reader(const char *name)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (strcmp(name, fields[i].name) == 0)
            return fields[i].read;
    return NULL;
}

static bool read_fields(json_t *json, struct request *request,
                        struct error *reterr)
{
    *request = (struct request){ .tz = "UTC", .from = { NEVER_MS }, .n = 1 };
    for (void *at = json_object_iter(json); at;
         at = json_object_iter_next(json, at)) {
        const char *name = json_object_iter_key(at);
        read_field *reader = field_reader(name);
        if (!reader) {
            error_set(reterr, "unknown field \"%.40s\"; there are " FIELDS_ARE,
                      name);
            return false;
        }
        if (!reader(json_object_iter_value(at), request, reterr))
            return false;
    }
    if (!request->expr)
        error_set(reterr, "expr: it is missing");
    return request->expr;
}

/* ---- the schedule ---- */

static struct zone *get_zone(struct batch *batch, const char *name,
                             struct error *reterr)
{
    struct error why;
    char near[ZONE_NAME_MAX + 1];
    struct zone *zone = zones_get(batch->zones, name, &why);
    if (zone)
        return zone;
    const char *guess = zones_suggest(batch->zones, name, near);
    error_set(reterr, "tz: %.400s%s%s%s", why.text,
              guess ? "; did you mean \"" : "", guess ? guess : "",
              guess ? "\"?" : "");
    return NULL;
}

static bool check_expr(const struct request *request, struct error *reterr)
{
    struct cron cron;
    struct cron_fault fault;
    if (cron_parse(request->expr, request->expr_len, &cron, &fault))
        return true;
    error_set(reterr, "expr, column %u: %s%s%s", (unsigned)fault.column + 1,
              fault.message, *fault.hint ? "; " : "", fault.hint);
    return false;
}

static struct rules *make_rules(const struct request *request,
                                struct zone *zone, struct error *reterr)
{
    const struct term term = { .kind = TERM_CRON, .text = request->expr };
    const struct rules_spec spec = { .terms = &term,
                                     .term_count = 1,
                                     .from = { EVER_MS },
                                     .until = { NEVER_MS } };
    return check_expr(request, reterr) ? rules_new(&spec, "", zone, reterr)
                                       : NULL;
}

static struct wall begin_of(const struct batch *batch,
                            const struct request *request)
{
    if (request->from.ms != NEVER_MS)
        return request->from;
    return batch->now.ms != NEVER_MS ? batch->now
                                     : clock_now(&batch->clock).wall;
}

/* ---- answers ---- */

static int put_bytes(const char *bytes, size_t len, void *data)
{
    text_add(data, bytes, len);
    return 0;
}

static void put_json(struct batch *batch, const json_t *value)
{
    json_dump_callback(value, put_bytes, &batch->answers,
                       JSON_ENCODE_ANY | JSON_COMPACT);
}

/* What is quoted in a sentence may have come from anywhere, and may be cut. */
static void put_sentence(struct text *out, const char *sentence)
{
    text_putc(out, '"');
    for (const char *at = sentence; *at; at++) {
        bool plain = *at >= ' ' && *at <= '~';
        if (*at == '"' || *at == '\\')
            text_putc(out, '\\');
        text_putc(out, plain ? *at : '?');
    }
    text_putc(out, '"');
}

static void put_error(struct batch *batch, const struct error *error)
{
    text_puts(&batch->answers, ",\"error\":");
    put_sentence(&batch->answers, error->text);
}

static void put_slots(struct batch *batch, const struct rules *rules,
                      const struct request *request)
{
    const struct schedule schedule = { .rules = rules };
    struct wall at = begin_of(batch, request);
    char text[RFC3339_TEXT_MAX];
    bool back = request->previous;
    text_puts(&batch->answers, back ? ",\"previous\":[" : ",\"next\":[");
    for (unsigned i = 0; i < request->n; i++) {
        at = back ? schedule_last(&schedule, (struct wall){ at.ms - 1 })
                  : schedule_next(&schedule, at);
        if (at.ms == NEVER_MS || at.ms == EVER_MS)
            break;
        text_puts(&batch->answers, i ? ",\"" : "\"");
        text_puts(&batch->answers, rfc3339_format(at, 0, text));
        text_putc(&batch->answers, '"');
    }
    text_putc(&batch->answers, ']');
}

static bool answer_request(struct batch *batch, json_t *json,
                           struct error *reterr)
{
    struct request request;
    if (!read_fields(json, &request, reterr))
        return false;
    struct zone *zone = get_zone(batch, request.tz, reterr);
    struct rules *rules = zone ? make_rules(&request, zone, reterr) : NULL;
    bool good = rules;
    if (good)
        put_slots(batch, rules, &request);
    rules_free(rules);
    zone_unref(zone);
    return good;
}

static json_t *parse(const struct batch *batch, const char *line, size_t len,
                     struct error *reterr)
{
    json_error_t fault;
    json_t *json =
        json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
    if (json_is_object(json))
        return json;
    error_set(reterr, "line %llu is no JSON object%s%s",
              (unsigned long long)batch->line, json ? "" : ": ",
              json ? "" : fault.text);
    json_decref(json);
    return NULL;
}

static void answer_line(struct batch *batch, const char *line, size_t len)
{
    struct error error = { "" };
    json_t *json = parse(batch, line, len, &error);
    const json_t *id = json_object_get(json, "id");
    text_puts(&batch->answers, "{\"id\":");
    if (id)
        put_json(batch, id);
    else
        text_puts(&batch->answers, "null");
    if (!json || !answer_request(batch, json, &error))
        put_error(batch, &error);
    text_puts(&batch->answers, "}\n");
    json_decref(json);
}

/* ---- lines ---- */

static bool flush(struct batch *batch, struct error *reterr)
{
    const char *at = batch->answers.data;
    size_t left = batch->answers.len;
    while (left > 0) {
        ssize_t put = write(batch->out, at, left);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0) {
            error_set(reterr, "cannot write: %s", strerror(errno));
            return false;
        }
        at += put;
        left -= (size_t)put;
    }
    text_clear(&batch->answers);
    return true;
}

/* An empty line asks nothing and is answered by nothing. */
static bool is_blank(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!strchr(" \t\r", line[i]) || !line[i])
            return false;
    return true;
}

static bool take_line(struct batch *batch, const char *line, size_t len,
                      struct error *reterr)
{
    struct error error = { "" };
    batch->line++;
    if (is_blank(line, len))
        return true;
    if (len <= BATCH_LINE_MAX) {
        answer_line(batch, line, len);
    } else {
        error_set(&error, "line %llu is longer than %d bytes",
                  (unsigned long long)batch->line, BATCH_LINE_MAX);
        text_puts(&batch->answers, "{\"id\":null");
        put_error(batch, &error);
        text_puts(&batch->answers, "}\n");
    }
    return batch->answers.len < ANSWERS_BYTES || flush(batch, reterr);
}

/* What was read and not yet taken. A line that is too long is kept short: its
 * first bytes, one more than may be, and then its end. */
struct feed {
    char *bytes;
    size_t len;
};
#define FEED_BYTES (4 * BATCH_LINE_MAX)

static bool take_lines(struct batch *batch, struct feed *feed,
                       struct error *reterr)
{
    const char *at = feed->bytes, *end = feed->bytes + feed->len, *newline;
    while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
        if (!take_line(batch, at, (size_t)(newline - at), reterr))
            return false;
        at = newline + 1;
    }
    feed->len = (size_t)(end - at);
    memmove(feed->bytes, at, feed->len);
    if (feed->len > BATCH_LINE_MAX)
        feed->len = BATCH_LINE_MAX + 1;
    return flush(batch, reterr);
}

static bool take_input(struct batch *batch, int in, struct feed *feed,
                       struct error *reterr)
{
    for (;;) {
        ssize_t got = read(in, feed->bytes + feed->len, FEED_BYTES - feed->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            error_set(reterr, "cannot read: %s", strerror(errno));
        if (got <= 0)
            return got == 0;
        feed->len += (size_t)got;
        if (!take_lines(batch, feed, reterr))
            return false;
    }
}

bool batch_answer(int in, int out, struct zones *zones, struct wall now,
                  struct error *reterr)
{
    struct batch batch = { .zones = zones, .now = now, .out = out };
    struct feed feed = { .bytes = memory_new(FEED_BYTES) };
    clock_init(&batch.clock, 1, (struct wall){ 0 });
    text_init(&batch.answers, ANSWERS_BYTES_MAX);
    bool good = take_input(&batch, in, &feed, reterr);
    /* the last line may lack its end */
    if (good && feed.len)
        good = take_line(&batch, feed.bytes, feed.len, reterr) &&
               flush(&batch, reterr);
    text_close(&batch.answers);
    free(feed.bytes);
    return good;
}
