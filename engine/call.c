/* A call carries its slot in its headers: the backend can tell a repetition.
 *
 * Idempotency-Key is job and slot: the same for every attempt, from any worker
 * (draft-ietf-httpapi-idempotency-key-header). A scripted run makes several
 * requests: theirs have the number of the request behind it. traceparent is
 * W3C Trace Context; its trace is derived from the slot, so that the attempts
 * of one slot are one trace. */
#include "call.h"

#include <stdio.h>
#include <string.h>

#include "mooncron/answer.h"
#include "mooncron/civil.h"

/* Our own header lines, one behind the other. They fit by construction: names
 * have at most JOB_NAME_MAX bytes and everything else is of fixed width. */
struct lines {
    struct call *call;
    size_t used, count;
};

/* Joins pieces, ended by NULL, to one line. No format is read: this happens at
 * each fire. */
static void line_add(struct lines *lines, const char *const *pieces)
{
    struct call *call = lines->call;
    char *line = call->own + lines->used, *at = line;
    for (; *pieces; pieces++) {
        size_t len = strlen(*pieces);
        if (len >= (size_t)(call->own + sizeof call->own - at))
            return;
        memcpy(at, *pieces, len);
        at += len;
    }
    *at++ = '\0';
    if (lines->count == sizeof call->lines / sizeof *call->lines)
        return;
    call->lines[lines->count++] = line;
    lines->used += (size_t)(at - line);
}
#define LINE(...) ((const char *const[]){ __VA_ARGS__, NULL })

#define HEX_TEXT_MAX 17

static const char *hex(uint64_t value, char text[HEX_TEXT_MAX])
{
    for (int i = 15; i >= 0; i--, value >>= 4)
        text[i] = "0123456789abcdef"[value & 15];
    text[16] = '\0';
    return text;
}

/* splitmix64's finisher: spreads a number over all its bits. */
static uint64_t spread(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void add_trace(struct lines *lines, const struct job *job,
                      struct wall slot, uint64_t span)
{
    char high[HEX_TEXT_MAX], low[HEX_TEXT_MAX], parent[HEX_TEXT_MAX];
    line_add(lines, LINE("traceparent: 00-", hex(spread(job->digest) | 1, high),
                         hex(spread((uint64_t)slot.ms), low), "-",
                         hex(spread(span) | 1, parent), "-01"));
}

static void add_slot(struct lines *lines, const struct job *job,
                     const char *slot)
{
    line_add(lines, LINE("X-Mooncron-Job: ", job->name));
    line_add(lines, LINE("X-Mooncron-Scheduled-Time: ", slot));
    line_add(lines, LINE("X-Mooncron-Attempt: 1"));
    line_add(lines, LINE("X-Mooncron-Trigger: schedule"));
}

/* "Name: value\n" each, cut apart where they stand. Longer ones than we have
 * room for were refused when the file was loaded. */
static void add_script_lines(struct lines *lines, const char *headers)
{
    struct call *call = lines->call;
    size_t len = strlen(headers);
    if (!len || len >= sizeof call->script)
        return;
    memcpy(call->script, headers, len + 1);
    char *at = call->script, *end;
    size_t max = sizeof call->lines / sizeof *call->lines;
    while ((end = strchr(at, '\n')) && lines->count < max) {
        *end = '\0';
        call->lines[lines->count++] = at;
        at = end + 1;
    }
}

static void lines_end(struct lines *lines)
{
    lines->call->request.headers = lines->call->lines;
    lines->call->request.header_count = lines->count;
}

void call_declared(struct call *call, const struct job *job, struct wall slot,
                   struct run_id run)
{
    char text[RFC3339_TEXT_MAX];
    rfc3339_format(slot, 0, text);
    struct lines lines = { .call = call };
    line_add(&lines, LINE("Idempotency-Key: ", job->name, "/", text));
    add_slot(&lines, job, text);
    add_trace(&lines, job, slot, run.value);
    add_script_lines(&lines, job->headers);
    call->request = (struct http_request){
        .method = (enum method)job->method,
        .url = job->target,
        .body = job->body[0] ? job->body : NULL,
        .body_len = strlen(job->body),
        .timeout_ms = job->timeout_ms,
    };
    lines_end(&lines);
}

void call_scripted(struct call *call, const struct host_request *asked,
                   const struct job *job, struct wall slot, uint32_t number)
{
    char text[RFC3339_TEXT_MAX];
    rfc3339_format(slot, 0, text);
    struct lines lines = { .call = call };
    if (asked->url[0] == '/') {
        char request[12];
        snprintf(request, sizeof request, "%u", (unsigned)number);
        line_add(&lines,
                 LINE("Idempotency-Key: ", job->name, "/", text, "/", request));
        add_slot(&lines, job, text);
        add_trace(&lines, job, slot, asked->run + number);
    }
    add_script_lines(&lines, asked->headers);
    call->request = (struct http_request){
        .method = (enum method)asked->method,
        .url = asked->url,
        .body = asked->has_body ? asked->body.bytes : NULL,
        .body_len = asked->has_body ? asked->body.len : 0,
        .timeout_ms = asked->timeout_ms,
        .keep_max = HTTP_ANSWER_MAX,
    };
    lines_end(&lines);
}

/* ---- what an answer means ---- */

/* Who cannot be sure says so: the request may have been carried out. */
static enum verdict judge_fault(const struct http_answer *answer,
                                struct error *sentence)
{
    bool unknown = answer->sent && answer->fault != HTTP_BAD_URL;
    error_set(sentence, "%s%s%s", http_fault_names[answer->fault],
              answer->sentence[0] ? ": " : "", answer->sentence);
    return unknown ? VERDICT_UNKNOWN : VERDICT_FAILED;
}

/* What to look at, where our key may be why. Payload answers 403 to a wrong key
 * and to a user who may not alike, and 404 where the collection's name hides
 * the route. */
static const char *key_hint(const struct http_answer *answer)
{
    if (!answer->keyed)
        return "";
    if (answer->status == 401 || answer->status == 403)
        return ": WORKER_API_KEY is not a key it knows, or its user may not do "
               "this (MOONCRON_API_KEY_COLLECTION names the collection)";
    if (answer->status == 404 && strstr(answer->body, "Route not found"))
        return " \"Route not found\": is the path right, and does "
               "MOONCRON_API_KEY_COLLECTION name the collection that holds "
               "WORKER_API_KEY?";
    return "";
}

enum verdict call_judge(const struct http_answer *answer,
                        struct error *sentence)
{
    sentence->text[0] = '\0';
    if (answer->fault != HTTP_NO_FAULT)
        return judge_fault(answer, sentence);
    if (answer->status < 200 || answer->status > 299) {
        error_set(sentence, "the backend answered %d%s", answer->status,
                  key_hint(answer));
        return VERDICT_FAILED;
    }
    char reason[200];
    if (!answer_denies(answer->body, answer->body_len, reason, sizeof reason))
        return VERDICT_OK;
    error_set(sentence, "the backend answered %d with success: false%s%s",
              answer->status, reason[0] ? ": " : "", reason);
    return VERDICT_FAILED;
}

void call_describe(const struct job *job, struct wall slot, struct text *out)
{
    char text[RFC3339_TEXT_MAX];
    text_printf(out, "%s  %-24s ", rfc3339_format(slot, 0, text), job->name);
    if (job->function)
        text_printf(out, "runs the function at %s:%u", job->file,
                    (unsigned)job->line);
    else
        text_printf(out, "%-6s %s%s%s", method_names[job->method], job->target,
                    job->body[0] ? "  " : "", job->body);
    text_putc(out, '\n');
}
