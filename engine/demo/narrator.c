/* What happens in the demonstration, in lines to read.
 *
 * The left column is the worker's time. Calls are told by the stand-in's
 * threads, the worker's log by the main thread; a line is one printf, which
 * stdio keeps whole. */
#include "narrator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "mooncron/civil.h"
#include "mooncron/memory.h"

#define LINE_MAX_BYTES (256 << 10) /* a block of mistakes in one line */
#define CLOCK_TEXT     16

void narrator_init(struct narrator *narrator,
                   void (*on_listening)(void *data, uint16_t port), void *data)
{
    *narrator = (struct narrator){ .on_listening = on_listening, .data = data };
    text_init(&narrator->line, LINE_MAX_BYTES);
}

void narrator_close(struct narrator *narrator)
{
    for (size_t i = 0; i < NARRATOR_LAST; i++)
        free(narrator->last[i]);
    text_close(&narrator->line);
}

/* "Mon 14:23:18" */
static const char *clock_text(struct wall at, char buffer[CLOCK_TEXT])
{
    struct civil civil = civil_from(at, 0);
    snprintf(buffer, CLOCK_TEXT, "%s %02u:%02u:%02u",
             civil_weekdays[civil.weekday], civil.hour % 100u,
             civil.minute % 100u, civil.second % 100u);
    return buffer;
}

static const char *text_field(const json_t *line, const char *name)
{
    const char *text = json_string_value(json_object_get(line, name));
    return text ? text : "";
}

static json_int_t number_field(const json_t *line, const char *name)
{
    return json_integer_value(json_object_get(line, name));
}

static const char *line_clock(const json_t *line, char buffer[CLOCK_TEXT])
{
    const char *text = text_field(line, "time");
    struct wall at;
    if (!rfc3339_parse(text, strlen(text), &at))
        return "            ";
    return clock_text(at, buffer);
}

static void tell_schedule(const json_t *line, const char *clock)
{
    printf("%s  = schedule #%lld, %lld jobs: %s\n", clock,
           (long long)number_field(line, "generation"),
           (long long)number_field(line, "jobs"), text_field(line, "message"));
}

static void tell_line(struct narrator *narrator, const json_t *line)
{
    char buffer[CLOCK_TEXT];
    const char *clock = line_clock(line, buffer);
    const char *event = text_field(line, "event");
    const char *level = text_field(line, "level");
    if (strcmp(event, "listening") == 0)
        narrator->on_listening(narrator->data,
                               (uint16_t)number_field(line, "port"));
    if (strcmp(event, "schedule") == 0)
        tell_schedule(line, clock);
    else if (strcmp(event, "settings") == 0 || strcmp(level, "warn") == 0 ||
             strcmp(level, "error") == 0)
        printf("%s  = worker: %s\n", clock, text_field(line, "message"));
    fflush(stdout);
}

static void remember(struct narrator *narrator, const char *text)
{
    char **place = &narrator->last[narrator->lines++ % NARRATOR_LAST];
    free(*place);
    *place = memory_string(text);
}

static void end_line(struct narrator *narrator)
{
    remember(narrator, narrator->line.data);
    json_t *line = json_loads(narrator->line.data, 0, NULL);
    if (line)
        tell_line(narrator, line);
    json_decref(line);
    text_clear(&narrator->line);
}

void narrator_hear(struct narrator *narrator, const char *bytes, size_t len)
{
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end ? (size_t)(end - bytes) : len;
        text_add(&narrator->line, bytes, part);
        if (!end)
            return;
        end_line(narrator);
        bytes += part + 1;
        len -= part + 1;
    }
}

/* A line of the log as people read it; what is none, a crash for example, is
 * left as it is. */
static void quote_line(const char *text)
{
    char buffer[CLOCK_TEXT];
    json_t *line = json_loads(text, 0, NULL);
    const char *block = text_field(line, "block");
    if (line)
        fprintf(stderr, "%s  %s\n", line_clock(line, buffer),
                text_field(line, "message"));
    else
        fprintf(stderr, "%s\n", text);
    if (*block)
        fprintf(stderr, "\n%s\n", block);
    json_decref(line);
}

void narrator_quote(const struct narrator *narrator)
{
    size_t first =
        narrator->lines > NARRATOR_LAST ? narrator->lines - NARRATOR_LAST : 0;
    for (size_t i = first; i < narrator->lines; i++)
        quote_line(narrator->last[i % NARRATOR_LAST]);
    if (narrator->line.len > 0)
        quote_line(narrator->line.data);
}

void narrator_on_call(void *data, const struct backend_call *call)
{
    (void)data;
    char buffer[CLOCK_TEXT] = "            ", status[24];
    const char *slot = call->field[CALL_SCHEDULED];
    struct wall at;
    if (rfc3339_parse(slot, strlen(slot), &at))
        clock_text(at, buffer);
    if (call->status > 0)
        snprintf(status, sizeof status, "%d", call->status);
    printf("%s  %-26s  %-4s %-33s %s in %lld ms\n", buffer,
           call->field[CALL_JOB], call->field[CALL_METHOD],
           call->field[CALL_PATH], call->status > 0 ? status : "dropped",
           (long long)call->took_ms);
    fflush(stdout);
}

void narrator_on_change(void *data, const char *settings, int webhook_status)
{
    (void)data;
    printf("              = Settings changed: %s", settings);
    if (webhook_status)
        printf("; the worker answered %d", webhook_status);
    printf("\n");
    fflush(stdout);
}
