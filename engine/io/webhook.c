/* The webhook by which the backend tells that its Settings have changed.
 *
 * In this order, because each step costs more than the one before it, or
 * believes more: the gate has checked the size; the peer's rate; who it is,
 * over the raw body; what kind of body it is; what is in it. Only then the loop
 * is asked for a reload, and its word is the answer. The caller holds a row
 * lock meanwhile and gives up after five seconds, so the wait is shorter.
 *
 * No answer repeats anything of the body. */
#include "webhook.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "body.h"
#include "mooncron/civil.h"
#include "mooncron/secrets.h"
#include "mooncron/settings.h"
#include "reply.h"
#include "signature.h"

/* ---- Who is it? ---- */

static bool is_secret(const char *given, const char *secret)
{
    return secret && secret_equal(given, strlen(given), secret, strlen(secret));
}

/* Both are compared always, so the time does not tell which one was right. */
static bool secret_good(const struct server_config *config, const char *given)
{
    bool current = is_secret(given, config->webhook_secret);
    bool previous = is_secret(given, config->webhook_secret_previous);
    return current || previous;
}

static struct signature signature_of(const struct web_request *request)
{
    return (struct signature){
        .id = web_header(request, "webhook-id"),
        .timestamp = web_header(request, "webhook-timestamp"),
        .signatures = web_header(request, "webhook-signature"),
    };
}

static bool signed_with(const struct web_request *request, const char *secret,
                        int64_t now_s)
{
    struct signature signature = signature_of(request);
    return secret && signature_good(&signature, secret, request->body,
                                    request->body_len, now_s);
}

static bool is_signed(const struct web_request *request)
{
    return web_header(request, "webhook-signature")[0] != '\0';
}

/* A signature that is there decides; else the plain secret, where it is taken.
 */
static bool authentic(const struct desk *desk,
                      const struct web_request *request, int64_t now_s)
{
    const struct server_config *config = desk->config;
    if (is_signed(request)) {
        bool current = signed_with(request, config->webhook_secret, now_s);
        bool previous =
            signed_with(request, config->webhook_secret_previous, now_s);
        return current || previous;
    }
    return !config->webhook_signature_only &&
           secret_good(config, web_header(request, "X-Webhook-Secret"));
}

static bool authenticate(struct desk *desk, const struct web_request *request,
                         struct wall now, struct web_answer *answer)
{
    const struct server_config *config = desk->config;
    if (!config->webhook_secret) {
        log_write(desk->log, LOG_ERROR, "webhook",
                  "refused a webhook from %s: WORKER_WEBHOOK_SECRET is not set",
                  request->peer);
        web_fail(answer, 500, "Server misconfigured");
        return false;
    }
    if (authentic(desk, request, now.ms / 1000))
        return true;
    rates_punish(desk->rates, request->net);
    log_write(desk->log, LOG_WARN, "webhook",
              "refused a webhook from %s: wrong %s (WORKER_WEBHOOK_SECRET must "
              "be the same here and in the backend)",
              request->peer,
              is_signed(request) ? "signature, or a clock that is off"
                                 : "or no secret");
    web_fail(answer, 401, "Unauthorized");
    return false;
}

/* ---- What does it say? ---- */

static bool is_json(const char *type)
{
    static const char wanted[] = "application/json";
    size_t len = sizeof wanted - 1;
    return strncasecmp(type, wanted, len) == 0 &&
           (type[len] == '\0' || strchr("; \t", type[len]));
}

static bool read_enable(const json_t *json, struct claim_of_change *claim)
{
    if (!json)
        return true;
    claim->has_enable_jobs = true;
    claim->enable_jobs = json_is_true(json);
    return json_is_boolean(json);
}

static bool read_environment(const json_t *json, struct claim_of_change *claim)
{
    if (!json)
        return true;
    claim->has_environment = true;
    if (json_is_null(json))
        return true;
    const char *text = json_string_value(json);
    size_t len = json_string_length(json);
    if (!text || !environment_good(text, len))
        return false;
    memcpy(claim->environment, text, len + 1);
    return true;
}

/* A clock that runs ahead must not shut out all changes that come after. */
static bool read_time(const json_t *json, struct claim_of_change *claim,
                      struct wall arrival)
{
    claim->at = arrival;
    if (!json)
        return true;
    struct wall at;
    if (!json_is_string(json) ||
        !rfc3339_parse(json_string_value(json), json_string_length(json), &at))
        return false;
    if (at.ms < arrival.ms)
        claim->at = at;
    return true;
}

/* For the log only: what is no text is left out, what is no ASCII shows as a
 * question mark. */
static void read_author(const json_t *json, char author[CHANGED_BY_MAX + 1])
{
    const char *text = json_string_value(json);
    size_t len = 0;
    for (; text && text[len] && len < CHANGED_BY_MAX; len++)
        author[len] = text[len] >= 0x20 && text[len] < 0x7f ? text[len] : '?';
    author[len] = '\0';
}

static const char *read_fields(const json_t *json, struct wall arrival,
                               struct ask *ask)
{
    read_author(json_object_get(json, "changedBy"), ask->changed_by);
    if (!read_enable(json_object_get(json, "enableJobs"), &ask->claim))
        return "enableJobs must be true or false";
    if (!read_environment(json_object_get(json, "schedulerEnvironment"),
                          &ask->claim))
        return "schedulerEnvironment must be null or 1 to 64 letters, digits, "
               "'.', '_' or '-'";
    if (!read_time(json_object_get(json, "timestamp"), &ask->claim, arrival))
        return "timestamp must be a time like 2026-11-23T14:02:10.000Z";
    return NULL;
}

static bool read_ask(const struct web_request *request, struct wall arrival,
                     struct ask *ask, struct web_answer *answer)
{
    if (!is_json(web_header(request, "Content-Type"))) {
        web_fail(answer, 415, "Content-Type must be application/json");
        return false;
    }
    json_t *json = body_json(request);
    const char *mistake = json_is_object(json)
                              ? read_fields(json, arrival, ask)
                              : "The body must be a JSON object";
    json_decref(json);
    if (mistake)
        web_fail(answer, 400, mistake);
    return !mistake;
}

/* ---- What comes of it? ---- */

static void answer_word(const struct word *word, struct wall now,
                        struct web_answer *answer)
{
    if (reply_is_success(word)) {
        answer->status = 200;
        answer->body = reply_success(&word->report, now);
        return;
    }
    bool full = word->answered && word->report.outcome == RELOAD_BUSY;
    bool stopping = word->answered && word->report.outcome == RELOAD_STOPPING;
    web_fail_because(answer, full || stopping ? 503 : 500,
                     "Failed to restart schedulers", reply_failure(word));
    answer->retry_after_s = full;
}

static void ask_loop(struct desk *desk, const struct web_request *request,
                     struct ask *ask, struct web_answer *answer)
{
    uint32_t wait_ms = desk->config->webhook_wait_ms;
    wait_ms -= request->waited_ms < wait_ms ? request->waited_ms : wait_ms;
    struct word word = { 0 };
    if (!inbox_ask(desk->inbox, ask, wait_ms, &word)) {
        web_fail(answer, 503, "Too many reloads are waiting");
        answer->retry_after_s = 1;
        return;
    }
    answer_word(&word, clock_now(desk->clock).wall, answer);
    free(word.message);
}

/* The same webhook once more: it was heard, and has had its effect. */
static void answer_replay(struct wall now, struct web_answer *answer)
{
    char buffer[RFC3339_TEXT_MAX];
    answer->status = 200;
    answer->body =
        json_pack("{s:b, s:s, s:s, s:s}", "success", 1, "message",
                  "Heard before: ignored", "timestamp",
                  rfc3339_format(now, 0, buffer), "outcome", "replay");
}

void webhook_settings_changed(struct desk *desk,
                              const struct web_request *request,
                              struct web_answer *answer)
{
    struct wall now = clock_now(desk->clock).wall;
    struct ask ask = { .cause = ASK_WEBHOOK };
    if (!web_rate(desk, request, answer) ||
        !authenticate(desk, request, now, answer) ||
        !read_ask(request, now, &ask, answer))
        return;
    const char *id =
        is_signed(request) ? web_header(request, "webhook-id") : NULL;
    if (id && !replays_add(desk->replays, id, now.ms / 1000)) {
        answer_replay(now, answer);
        return;
    }
    ask_loop(desk, request, &ask, answer);
    if (id && answer->status != 200) /* so that the sender may try again */
        replays_forget(desk->replays, id);
}
