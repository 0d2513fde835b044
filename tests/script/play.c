/* Each frame of the host becomes one line. */
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../engine/script/host.h"
#include "mooncron/hostmsg.h"

#define SAID_MAX  (1 << 20)
#define FRAME_MAX (1 << 20)

/* ---- what it says ---- */

static void hear_loaded(struct play *play, struct wire_reader *in)
{
    struct host_loaded loaded;
    assert_true(host_get_loaded(in, &loaded));
    text_printf(&play->said, "loaded %u, %u mistakes\n", loaded.jobs,
                loaded.mistakes);
}

static void hear_mistake(struct play *play, struct wire_reader *in)
{
    struct mistake mistake;
    assert_true(host_get_mistake(in, &mistake));
    text_printf(&play->said, "%s:%u: %s\n", mistake.code, mistake.line,
                mistake.message);
}

static void hear_group(struct play *play, struct wire_reader *in)
{
    struct group group;
    assert_true(host_get_group(in, &group));
    assert_true(jobset_add_group(play->set, group.name, group.limit));
}

static void hear_job(struct play *play, struct wire_reader *in)
{
    struct job job;
    assert_true(host_get_job(in, &job, play->room));
    assert_false(play->room->there); /* rules are for spec/ */
    assert_true(jobset_add(play->set, &job));
}

static void hear_request(struct play *play, struct wire_reader *in)
{
    struct host_request request;
    assert_true(host_get_request(in, &request));
    text_printf(&play->said, "request %u: %s %s %.*s (%u ms)\n%s",
                (unsigned)request.run, method_names[request.method],
                request.url, (int)request.body.len,
                request.body.len ? request.body.bytes : "", request.timeout_ms,
                request.headers);
}

static void hear_sleep(struct play *play, struct wire_reader *in)
{
    uint64_t run, ms;
    assert_true(host_get_sleep(in, &run, &ms));
    text_printf(&play->said, "sleep %u: %u ms\n", (unsigned)run, (unsigned)ms);
}

static void hear_log(struct play *play, struct wire_reader *in)
{
    static const char *const levels[] = { "debug", "info", "warn", "error" };
    struct host_log line;
    assert_true(host_get_log(in, &line));
    text_printf(&play->said, "log %u: %s %s %s\n", (unsigned)line.run,
                levels[line.level], line.message, line.fields);
}

static void hear_ended(struct play *play, struct wire_reader *in)
{
    struct host_ended ended;
    assert_true(host_get_ended(in, &ended));
    text_printf(&play->said, "ended %u: %s%s\n", (unsigned)ended.run,
                ended.ok ? "ok" : "failed, ", ended.failure);
}

static const struct {
    enum host_message type;
    void (*hear)(struct play *play, struct wire_reader *in);
} ears[] = {
    { HOST_LOADED, hear_loaded },   { HOST_MISTAKE, hear_mistake },
    { HOST_GROUP, hear_group },     { HOST_JOB, hear_job },
    { HOST_REQUEST, hear_request }, { HOST_SLEEP, hear_sleep },
    { HOST_LOG, hear_log },         { HOST_ENDED, hear_ended },
};

static void hear(void *data, struct text *out)
{
    struct play *play = data;
    size_t at = 0;
    int64_t frame;
    while ((frame = wire_frame(out->data + at, out->len - at)) > 0) {
        struct wire_reader in;
        wire_open(&in, out->data + at, (size_t)frame);
        for (size_t i = 0; i < sizeof ears / sizeof *ears; i++)
            if (ears[i].type == (enum host_message)in.type)
                ears[i].hear(play, &in);
        at += (size_t)frame;
    }
    assert_int_equal(at, out->len); /* only whole frames come */
    text_clear(out);
}

/* ---- what it is told ---- */

static void hand_over(struct play *play, struct text *frame)
{
    assert_true(host_frame(play->host, frame->data, frame->len));
    text_close(frame);
}

static void load(struct play *play)
{
    static const char *const vars[] = { "HUB_URL=http://hub.example" };
    const struct host_load request = { .path = play->path,
                                       .environment = "production",
                                       .settings = "{\"pageSize\":50}",
                                       .zones = "/usr/share/zoneinfo",
                                       .enable_jobs = true,
                                       .vars = vars,
                                       .var_count = 1 };
    struct text frame;
    text_init(&frame, FRAME_MAX);
    assert_true(host_put_load(&frame, &request));
    hand_over(play, &frame);
}

void play_open(struct play *play, const char *text)
{
    *play = (struct play){ .folder = "/tmp/mooncron-play-XXXXXX" };
    assert_non_null(mkdtemp(play->folder));
    snprintf(play->path, sizeof play->path, "%s/s.lua", play->folder);
    FILE *file = fopen(play->path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    text_init(&play->said, SAID_MAX);
    play->set = jobset_new();
    play->room = malloc(sizeof *play->room);
    assert_non_null(play->room);
    play->host = host_new(hear, play);
    assert_non_null(play->host);
    load(play);
    jobset_seal(play->set);
}

void play_open_run(struct play *play, const char *body)
{
    struct text text;
    text_init(&text, FRAME_MAX);
    text_printf(&text, "job 'j' { every = '1h', run = function(ctx) %s end }",
                body);
    play_open(play, text.data);
    text_close(&text);
    play_says(play, "loaded 1, 0 mistakes\n");
}

void play_close(struct play *play)
{
    host_free(play->host);
    jobset_unref(play->set);
    free(play->room);
    text_close(&play->said);
    assert_int_equal(unlink(play->path), 0);
    assert_int_equal(rmdir(play->folder), 0);
}

void play_call(struct play *play, uint64_t run, uint32_t function,
               const char *trigger, uint32_t attempt, const char *error)
{
    const struct host_start start = { .run = run,
                                      .function = function,
                                      .job = "j",
                                      .run_text = "r-1",
                                      .trigger = trigger,
                                      .scheduled = "2026-11-23T14:00:00Z",
                                      .error = error,
                                      .attempt = attempt };
    struct text frame;
    text_init(&frame, FRAME_MAX);
    assert_true(host_put_start(&frame, &start));
    hand_over(play, &frame);
}

void play_start(struct play *play, uint64_t run)
{
    play_call(play, run, jobset_job(play->set, 0)->function, "schedule", 1, "");
}

static void respond(struct play *play, const struct host_response *response)
{
    struct text frame;
    text_init(&frame, FRAME_MAX);
    assert_true(host_put_response(&frame, response));
    hand_over(play, &frame);
}

void play_answer(struct play *play, uint64_t run, uint32_t status,
                 const char *body)
{
    const struct host_response response = {
        .run = run,
        .status = status,
        .failure = "",
        .code = "",
        .headers = "content-type: application/json\n",
        .body = { body, strlen(body) },
        .took_ms = 12
    };
    respond(play, &response);
}

void play_fault(struct play *play, uint64_t run, const char *failure,
                const char *code)
{
    const struct host_response response = {
        .run = run, .failure = failure, .code = code, .headers = ""
    };
    respond(play, &response);
}

void play_wake(struct play *play, uint64_t run)
{
    struct text frame;
    text_init(&frame, FRAME_MAX);
    assert_true(host_put_wake(&frame, run));
    hand_over(play, &frame);
}

void play_cancel(struct play *play, uint64_t run)
{
    struct text frame;
    text_init(&frame, FRAME_MAX);
    assert_true(host_put_cancel(&frame, run));
    hand_over(play, &frame);
}

/* ---- asking ---- */

/* The folder of a play has another name each time. */
static void name_the_file(struct play *play)
{
    struct text plain;
    text_init(&plain, SAID_MAX);
    const char *at = play->said.data, *found;
    while ((found = strstr(at, play->path))) {
        text_add(&plain, at, (size_t)(found - at));
        text_puts(&plain, "FILE");
        at = found + strlen(play->path);
    }
    text_puts(&plain, at);
    text_close(&play->said);
    play->said = plain;
}

void play_says(struct play *play, const char *expected)
{
    name_the_file(play);
    assert_string_equal(play->said.data, expected);
    text_clear(&play->said);
}

void play_mentions(struct play *play, const char *part)
{
    name_the_file(play);
    if (!strstr(play->said.data, part))
        fail_msg("no \"%s\" in: %s", part, play->said.data);
    text_clear(&play->said);
}
