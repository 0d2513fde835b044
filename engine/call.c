/* A call carries its slot in its headers: the backend can tell a repetition.
 *
 * Idempotency-Key is job and slot: the same for every attempt, late or early,
 * from any worker (draft-ietf-httpapi-idempotency-key-header). A manual run is
 * none of a slot, and has "manual" behind it; a scripted run makes several
 * requests, and theirs have the number of the request behind it, those of a
 * hook its name before that. Who had the slot before, and comes back to life,
 * has a lower X-Mooncron-Epoch.
 *
 * traceparent is W3C Trace Context; its trace is derived from the slot, so that
 * the attempts of one slot are one trace, of a span each. */
#include "call.h"

#include <assert.h>
#include <string.h>

#include "mooncron/answer.h"
#include "mooncron/civil.h"
#include "mooncron/http_date.h"
#include "mooncron/random.h"

#define BEAT_TIMEOUT_MS 10000 /* nobody waits for it */

/* Our own header lines are a block, the script's are told one by one. Ours fit
 * by construction: names have at most JOB_NAME_MAX bytes and everything else is
 * of fixed width. */
struct lines {
    struct call *call;
    size_t used;  /* of our block */
    size_t count; /* of the script's */
};

/* Joins pieces, ended by NULL, to one more line of the block. No format is
 * read: this happens at each fire. */
static void line_add(struct lines *lines, const char *const *pieces)
{
    struct call *call = lines->call;
    char *at = call->own + lines->used, *end = call->own + sizeof call->own;
    if (lines->used) {
        memcpy(at, "\r\n", 2);
        at += 2;
    }
    for (; *pieces; pieces++) {
        size_t len = strlen(*pieces);
        assert(len + 3 <= (size_t)(end - at)); /* and what ends the line */
        memcpy(at, *pieces, len);
        at += len;
    }
    *at = '\0';
    lines->used = (size_t)(at - call->own);
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

#define NUMBER_TEXT_MAX 11

static const char *decimal(uint32_t value, char text[NUMBER_TEXT_MAX])
{
    char *at = text + NUMBER_TEXT_MAX - 1;
    *at = '\0';
    do
        *--at = (char)('0' + value % 10);
    while (value /= 10);
    return at;
}

const char *call_hook(const struct run_note *note)
{
    if (!note->function)
        return "";
    if (note->function == note->job->on_failure)
        return "on_failure";
    return note->function == note->job->on_success ? "on_success"
                                                   : "on_recover";
}

/* A hook of a run is another piece of work than the run itself. `request` is
 * the number of a script's, or 0. */
static void add_key(struct lines *lines, const struct run_note *note,
                    const char *slot, uint32_t request)
{
    char number[NUMBER_TEXT_MAX];
    line_add(lines,
             LINE("Idempotency-Key: ", note->job->name, "/", slot,
                  note->key.manual ? "/manual" : "", note->function ? "/" : "",
                  call_hook(note), request ? "/" : "",
                  request ? decimal(request, number) : ""));
}

static void add_trace(struct lines *lines, const struct run_note *note,
                      uint32_t request)
{
    char high[HEX_TEXT_MAX], low[HEX_TEXT_MAX], parent[HEX_TEXT_MAX];
    uint64_t slot = (uint64_t)note->key.slot.ms * 2 + note->key.manual;
    uint64_t attempt = (uint64_t)note->epoch << 32 | note->attempt;
    uint64_t span =
        random_spread(note->run.value + random_spread(attempt)) + request;
    line_add(lines, LINE("traceparent: 00-",
                         hex(random_spread(note->job->digest) | 1, high),
                         hex(random_spread(slot), low), "-",
                         hex(random_spread(span) | 1, parent), "-01"));
}

static void add_run(struct lines *lines, const struct run_note *note,
                    uint32_t request)
{
    char slot[RFC3339_TEXT_MAX], number[NUMBER_TEXT_MAX];
    rfc3339_format(note->key.slot, 0, slot);
    add_key(lines, note, slot, request);
    line_add(lines, LINE("X-Mooncron-Job: ", note->job->name));
    line_add(lines, LINE("X-Mooncron-Scheduled-Time: ", slot));
    line_add(lines,
             LINE("X-Mooncron-Attempt: ", decimal(note->attempt, number)));
    line_add(lines, LINE("X-Mooncron-Trigger: ", trigger_names[note->trigger]));
    line_add(lines, LINE("X-Mooncron-Epoch: ", decimal(note->epoch, number)));
    add_trace(lines, note, request);
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
    struct call *call = lines->call;
    call->request.block = lines->used ? call->own : NULL;
    call->request.headers = call->lines;
    call->request.header_count = lines->count;
}

/* The lines of a run, and what the job adds. */
static void put_lines(struct call *call, const struct run_note *note)
{
    struct lines lines = { .call = call };
    add_run(&lines, note, 0);
    add_script_lines(&lines, note->job->headers);
    lines_end(&lines);
}

void call_declared(struct call *call, const struct run_note *note)
{
    const struct job *job = note->job;
    call->request = (struct http_request){
        .method = (enum method)job->method,
        .url = job->target,
        .body = job->body[0] ? job->body : NULL,
        .body_len = strlen(job->body),
        .timeout_ms = job->timeout_ms,
    };
    put_lines(call, note);
}

void call_poll(struct call *call, const struct run_note *note, const char *url)
{
    call->request = (struct http_request){
        .method = METHOD_GET,
        .url = url,
        .timeout_ms = note->job->timeout_ms,
    };
    put_lines(call, note);
}

void call_beat(struct call *call, const char *url)
{
    call->request = (struct http_request){
        .method = METHOD_GET,
        .url = url,
        .timeout_ms = BEAT_TIMEOUT_MS,
        .keep_max = 1, /* nobody reads it */
    };
}

void call_scripted(struct call *call, const struct host_request *asked,
                   const struct run_note *note, uint32_t number)
{
    struct lines lines = { .call = call };
    call->request = (struct http_request){
        .method = (enum method)asked->method,
        .url = asked->url,
        .body = asked->has_body ? asked->body.bytes : NULL,
        .body_len = asked->has_body ? asked->body.len : 0,
        .timeout_ms = asked->timeout_ms,
        .keep_max = HTTP_ANSWER_MAX,
    };
    if (asked->url[0] == '/')
        add_run(&lines, note, number);
    add_script_lines(&lines, asked->headers);
    lines_end(&lines);
}

/* ---- what an answer means ---- */

static const enum cause fault_causes[] = {
    [HTTP_NO_FAULT] = CAUSE_NONE,       [HTTP_BAD_URL] = CAUSE_SETUP,
    [HTTP_UNREACHABLE] = CAUSE_NETWORK, [HTTP_TLS] = CAUSE_NETWORK,
    [HTTP_TIMEOUT] = CAUSE_TIMEOUT,     [HTTP_BROKEN] = CAUSE_NETWORK,
    [HTTP_TOO_LARGE] = CAUSE_CLIENT, /* it would be again */
    [HTTP_CANCELLED] = CAUSE_NONE,   /* by us */
};

/* Who cannot be sure says so: the request may have been carried out. */
static void judge_fault(const struct http_answer *answer, struct judgement *ret)
{
    bool unknown = answer->sent && answer->fault != HTTP_BAD_URL;
    ret->verdict = unknown ? VERDICT_UNKNOWN : VERDICT_FAILED;
    ret->cause = fault_causes[answer->fault];
    error_set(&ret->sentence, "%s%s%s", http_fault_names[answer->fault],
              answer->sentence[0] ? ": " : "", answer->sentence);
}

static enum cause status_cause(int status)
{
    if (status >= 200 && status <= 299)
        return CAUSE_NONE;
    if (status == 408 || status == 425 || status == 429)
        return CAUSE_BUSY;
    return status >= 500 ? CAUSE_SERVER : CAUSE_CLIENT;
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

static void judge_body(const struct http_answer *answer, struct judgement *ret)
{
    char reason[200];
    if (!answer_denies(answer->body, answer->body_len, reason, sizeof reason))
        return;
    ret->verdict = VERDICT_FAILED;
    ret->cause = CAUSE_DENIED;
    error_set(&ret->sentence, "the backend answered %d with success: false%s%s",
              answer->status, reason[0] ? ": " : "", reason);
}

static void judge_status(const struct http_answer *answer,
                         struct judgement *ret)
{
    ret->cause = status_cause(answer->status);
    if (answer->status == 202 || answer->status == 303)
        ret->location =
            http_header(answer->headers, "location", &ret->location_len);
    if (ret->cause == CAUSE_NONE) {
        judge_body(answer, ret);
        ret->accepted = answer->status == 202 && ret->location &&
                        ret->verdict == VERDICT_OK;
        return;
    }
    ret->verdict = VERDICT_FAILED;
    error_set(&ret->sentence, "the backend answered %d%s", answer->status,
              key_hint(answer));
}

static int64_t retry_after_ms(const struct http_answer *answer,
                              enum cause cause, struct wall now)
{
    size_t len;
    const char *value = http_header(answer->headers, "retry-after", &len);
    bool counts =
        answer->status == 202 || cause == CAUSE_BUSY || cause == CAUSE_SERVER;
    return value && counts ? http_retry_after_ms(value, len, now) : -1;
}

void call_judge(const struct http_answer *answer, struct wall now,
                struct judgement *ret)
{
    *ret = (struct judgement){ .status = (uint16_t)answer->status,
                               .sent = answer->sent,
                               .retry_after_ms = -1 };
    if (answer->fault != HTTP_NO_FAULT) {
        judge_fault(answer, ret);
        return;
    }
    judge_status(answer, ret);
    ret->retry_after_ms = retry_after_ms(answer, ret->cause, now);
}

/* Of a run that was accepted nobody can say that it has not happened. */
static void judge_poll_fault(const struct http_answer *answer,
                             struct judgement *ret)
{
    ret->accepted = ret->cause == CAUSE_NETWORK || ret->cause == CAUSE_TIMEOUT;
    if (answer->fault == HTTP_CANCELLED || ret->accepted)
        ret->verdict = VERDICT_UNKNOWN;
}

void call_judge_poll(const struct http_answer *answer, struct wall now,
                     struct judgement *ret)
{
    call_judge(answer, now, ret);
    if (answer->fault != HTTP_NO_FAULT) {
        judge_poll_fault(answer, ret);
    } else if (ret->cause == CAUSE_BUSY || ret->cause == CAUSE_SERVER) {
        ret->accepted = true;
        ret->verdict = VERDICT_UNKNOWN;
    } else if (answer->status == 202) {
        ret->accepted = ret->verdict == VERDICT_OK;
    } else if (answer->status == 303) {
        ret->elsewhere = ret->location != NULL;
    } else if (answer->status == 404 || answer->status == 410) {
        error_set(&ret->sentence,
                  "the backend accepted it, and knows no more of it: it "
                  "answered %d",
                  answer->status);
    }
}

void call_judge_lost(struct judgement *judgement, const struct error *why)
{
    judgement->verdict = VERDICT_FAILED;
    judgement->cause = CAUSE_CLIENT;
    judgement->accepted = judgement->elsewhere = false;
    judgement->retry_after_ms = -1;
    error_set(&judgement->sentence,
              "the backend answered %d, and its Location cannot be asked: %s",
              judgement->status, why->text);
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
