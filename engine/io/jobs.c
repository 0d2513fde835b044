/* Each handler makes an ask of the request, strictly, and hands on what the
 * loop says to it. */
#include "jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "body.h"
#include "door.h"
#include "mooncron/civil.h"
#include "mooncron/duration.h"
#include "percent.h"

#define PAUSE_MS       (INT64_C(2) * 3600 * 1000) /* nobody forgets a pause */
#define PAUSE_MS_MAX   (INT64_C(366) * 24 * 3600 * 1000)
#define HORIZON_MS_MAX (INT64_C(366) * 24 * 3600 * 1000)
#define RUNS_USUAL     20
#define RUNS_MAX       1000 /* they fit into an answer of the gate */

/* ---- the loop's word ---- */

static void ask_loop(struct desk *desk, struct ask *ask,
                     struct web_answer *answer)
{
    struct word word = { 0 };
    if (!inbox_ask(desk->inbox, ask, QUESTION_WAIT_MS, &word)) {
        web_fail(answer, 503, "Too many wait for an answer");
        answer->retry_after_s = 1;
        return;
    }
    if (!word.answered) {
        web_fail(answer, 504,
                 ask->kind == ASK_ORDER
                     ? "The worker has no time to answer: whether the order is "
                       "carried out is not known"
                     : "The worker has no time to answer");
        return;
    }
    answer->status = word.status;
    answer->text = word.json;
    answer->tag = word.tag;
}

/* False and 400 where `mistake` is one. */
static bool is_good(const char *mistake, struct web_answer *answer)
{
    if (mistake)
        web_fail(answer, 400, mistake);
    return !mistake;
}

/* NULL where it is none. */
static const char *range_mistake(struct wall from, struct wall to)
{
    return to.ms < from.ms ? "to must not be before from" : NULL;
}

/* Of a query, or of the path. */
static bool refuse_text(const char *wanted, const char *found,
                        struct web_answer *answer)
{
    json_t *text = json_string(found);
    web_refuse(answer, wanted, text);
    json_decref(text);
    return false;
}

static void ask_of(const struct web_request *request, enum ask_kind kind,
                   struct ask *ret)
{
    *ret = (struct ask){ .kind = kind };
    memcpy(ret->job, request->parts[0], sizeof ret->job);
}
_Static_assert(WEB_PART_MAX == JOB_NAME_MAX, "a name of a job is a part");

/* ---- looking ---- */

/* A parameter of a query. */
struct param {
    const char *name;
    bool (*read)(const char *value, struct ask *ask);
    const char *mistake;
};

static bool read_query(const char *query, const struct param *params,
                       size_t count, struct ask *ask, struct web_answer *answer)
{
    struct percent_pair pair;
    while (percent_next(&query, &pair)) {
        size_t i = 0;
        while (i < count && strcmp(pair.name, params[i].name) != 0)
            i++;
        if (i == count) {
            char mistake[80];
            snprintf(mistake, sizeof mistake, "unknown parameter `%s`",
                     pair.name);
            return is_good(mistake, answer);
        }
        if (!params[i].read(pair.value, ask))
            return refuse_text(params[i].mistake, pair.value, answer);
    }
    return is_good(*query ? "the query is malformed" : NULL, answer);
}

static bool read_time(const char *text, struct wall *ret)
{
    return rfc3339_parse(text, strlen(text), ret);
}

static bool param_from(const char *value, struct ask *ask)
{
    return read_time(value, &ask->runs.from);
}

static bool param_to(const char *value, struct ask *ask)
{
    return read_time(value, &ask->runs.to);
}

static bool param_limit(const char *value, struct ask *ask)
{
    char *end;
    long limit = strtol(value, &end, 10);
    ask->runs.limit = (uint32_t)limit;
    return *value >= '0' && *value <= '9' && !*end && limit >= 1 &&
           limit <= RUNS_MAX;
}

/* Names with commas between them. */
static bool param_verdict(const char *value, struct ask *ask)
{
    while (*value) {
        size_t len = strcspn(value, ","), i = 0;
        while (i < VERDICTS && (strlen(verdict_names[i]) != len ||
                                memcmp(verdict_names[i], value, len) != 0))
            i++;
        if (i == VERDICTS)
            return false;
        ask->runs.verdicts |= UINT32_C(1) << i;
        value += len + (value[len] == ',');
    }
    return ask->runs.verdicts;
}

static bool param_at(const char *value, struct ask *ask)
{
    return read_time(value, &ask->at);
}

static bool param_job(const char *value, struct ask *ask)
{
    size_t len = strlen(value);
    if (len == 0 || len > JOB_NAME_MAX)
        return false;
    memcpy(ask->job, value, len + 1);
    return true;
}

static bool param_horizon(const char *value, struct ask *ask)
{
    return duration_parse(value, strlen(value), &ask->horizon_ms) ==
               DURATION_OK &&
           ask->horizon_ms >= 1 && ask->horizon_ms <= HORIZON_MS_MAX;
}

#define TIME_WANTED " must be a time like 2026-11-23T14:07:31Z"

static const struct param runs_params[] = {
    { "limit", param_limit, "limit must be a whole number from 1 to 1000" },
    { "from", param_from, "from" TIME_WANTED },
    { "to", param_to, "to" TIME_WANTED },
    { "verdict", param_verdict,
      "verdict must be ok, failed, unknown, skipped or missed, or several "
      "with commas between" },
};
static const struct param why_params[] = {
    { "at", param_at, "at" TIME_WANTED },
};
static const struct param status_params[] = {
    { "job", param_job, "job must be the name of a job" },
};
static const struct param plan_params[] = {
    { "job", param_job, "job must be the name of a job" },
    { "horizon", param_horizon,
      "horizon must be a duration like 24h, up to 366d" },
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void look(struct desk *desk, const struct web_request *request,
                 struct ask *ask, const struct param *params, size_t count,
                 struct web_answer *answer)
{
    if (door_look(desk, request, answer) &&
        read_query(request->query, params, count, ask, answer))
        ask_loop(desk, ask, answer);
}

void jobs_status(struct desk *desk, const struct web_request *request,
                 struct web_answer *answer)
{
    struct ask ask;
    ask_of(request, ASK_STATUS, &ask);
    look(desk, request, &ask, status_params, COUNT(status_params), answer);
}

void jobs_runs(struct desk *desk, const struct web_request *request,
               struct web_answer *answer)
{
    struct ask ask;
    ask_of(request, ASK_RUNS, &ask);
    ask.runs = (struct ask_runs){ .from = { EVER_MS },
                                  .to = { NEVER_MS },
                                  .limit = RUNS_USUAL };
    if (door_look(desk, request, answer) &&
        read_query(request->query, runs_params, COUNT(runs_params), &ask,
                   answer) &&
        is_good(range_mistake(ask.runs.from, ask.runs.to), answer))
        ask_loop(desk, &ask, answer);
}

static bool read_key(const char *text, struct run_key *ret)
{
    static const char mark[] = "~manual";
    size_t len = strlen(text), tail = sizeof mark - 1;
    ret->manual = len > tail && strcmp(text + len - tail, mark) == 0;
    return rfc3339_parse(text, ret->manual ? len - tail : len, &ret->slot);
}

void jobs_run(struct desk *desk, const struct web_request *request,
              struct web_answer *answer)
{
    struct ask ask;
    ask_of(request, ASK_RUN, &ask);
    if (!door_look(desk, request, answer) ||
        !read_query(request->query, NULL, 0, &ask, answer))
        return;
    if (read_key(request->parts[1], &ask.key))
        ask_loop(desk, &ask, answer);
    else
        refuse_text("the run must be named by the time of its slot, like "
                    "2026-11-23T14:07:31Z, or 2026-11-23T14:07:31Z~manual",
                    request->parts[1], answer);
}

void jobs_why(struct desk *desk, const struct web_request *request,
              struct web_answer *answer)
{
    struct ask ask;
    ask_of(request, ASK_WHY, &ask);
    ask.at = (struct wall){ NEVER_MS };
    look(desk, request, &ask, why_params, COUNT(why_params), answer);
}

void jobs_plan(struct desk *desk, const struct web_request *request,
               struct web_answer *answer)
{
    struct ask ask;
    ask_of(request, ASK_PLAN, &ask);
    look(desk, request, &ask, plan_params, COUNT(plan_params), answer);
}

/* Prometheus asks for one format and takes this one. */
void jobs_metrics(struct desk *desk, const struct web_request *request,
                  struct web_answer *answer)
{
    struct ask ask;
    ask_of(request, ASK_METRICS, &ask);
    look(desk, request, &ask, NULL, 0, answer);
    if (answer->status == 200)
        answer->type = "text/plain; version=0.0.4; charset=utf-8";
}

/* ---- touching ---- */

/* A field of a body. */
struct field {
    const char *name;
    bool (*read)(const json_t *json, struct ask_order *order);
    const char *mistake;
};

static bool read_bool(const json_t *json, bool *ret)
{
    *ret = json_is_true(json);
    return json_is_boolean(json);
}

static bool field_force(const json_t *json, struct ask_order *order)
{
    return read_bool(json, &order->force);
}

static bool field_dry_run(const json_t *json, struct ask_order *order)
{
    return read_bool(json, &order->dry_run);
}

static bool field_yes(const json_t *json, struct ask_order *order)
{
    return read_bool(json, &order->yes);
}

static bool field_cancel(const json_t *json, struct ask_order *order)
{
    return read_bool(json, &order->cancel);
}

static bool field_for(const json_t *json, struct ask_order *order)
{
    const char *text = json_string_value(json);
    return text &&
           duration_parse(text, json_string_length(json), &order->for_ms) ==
               DURATION_OK &&
           order->for_ms >= 1000 && order->for_ms <= PAUSE_MS_MAX;
}

static bool json_time(const json_t *json, struct wall *ret)
{
    const char *text = json_string_value(json);
    return text && rfc3339_parse(text, json_string_length(json), ret);
}

static bool field_from(const json_t *json, struct ask_order *order)
{
    return json_time(json, &order->from);
}

static bool field_to(const json_t *json, struct ask_order *order)
{
    return json_time(json, &order->to);
}

/* One line: it is shown in logs and on terminals. */
static bool read_line(const json_t *json, char *buffer, size_t max)
{
    const char *text = json_string_value(json);
    size_t len = json_string_length(json);
    if (!text || len > max)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    memcpy(buffer, text, len + 1);
    return true;
}

static bool field_by(const json_t *json, struct ask_order *order)
{
    return read_line(json, order->by, BY_MAX);
}

static bool field_reason(const json_t *json, struct ask_order *order)
{
    return read_line(json, order->reason, REASON_MAX);
}

#define BOOL_WANTED " must be true or false"
#define BY_FIELDS                                                              \
    { "by", field_by, "by must be one line of text, at most 64 bytes" },       \
    {                                                                          \
        "reason", field_reason,                                                \
            "reason must be one line of text, at most 200 bytes"               \
    }

static const struct field trigger_fields[] = {
    { "force", field_force, "force" BOOL_WANTED },
    BY_FIELDS,
};
static const struct field pause_fields[] = {
    { "for", field_for, "for must be a duration like \"2h\", from 1s to 366d" },
    BY_FIELDS,
};
static const struct field resume_fields[] = {
    { "dry_run", field_dry_run, "dry_run" BOOL_WANTED },
    BY_FIELDS,
};
static const struct field backfill_fields[] = {
    { "from", field_from, "from" TIME_WANTED },
    { "to", field_to, "to" TIME_WANTED },
    { "dry_run", field_dry_run, "dry_run" BOOL_WANTED },
    { "yes", field_yes, "yes" BOOL_WANTED },
    { "cancel", field_cancel, "cancel" BOOL_WANTED },
    BY_FIELDS,
};

static bool read_field(const char *name, const json_t *json,
                       const struct field *fields, size_t count,
                       struct ask_order *order, struct web_answer *answer)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, fields[i].name) != 0)
            continue;
        bool good = fields[i].read(json, order);
        if (!good)
            web_refuse(answer, fields[i].mistake, json);
        return good;
    }
    char mistake[80];
    snprintf(mistake, sizeof mistake, "unknown field `%.40s`", name);
    return is_good(mistake, answer);
}

/* The body is optional. */
static bool read_order(const struct web_request *request,
                       const struct field *fields, size_t count,
                       struct ask_order *order, struct web_answer *answer)
{
    if (request->body_len == 0)
        return true;
    json_t *json = body_json(request);
    bool good = is_good(
        json_is_object(json) ? NULL : "The body must be empty or a JSON object",
        answer);
    for (void *at = good ? json_object_iter(json) : NULL; at && good;
         at = json_object_iter_next(json, at))
        good = read_field(json_object_iter_key(at), json_object_iter_value(at),
                          fields, count, order, answer);
    json_decref(json);
    return good;
}

/* NULL where the fields go together. */
static const char *order_mistake(const struct ask_order *order)
{
    bool from = order->from.ms != NEVER_MS, to = order->to.ms != NEVER_MS;
    if (order->verb != VERB_BACKFILL)
        return NULL;
    if (order->cancel)
        return from || to || order->dry_run
                   ? "cancel takes back all that waits: no from, to or dry_run"
                   : NULL;
    if (!from)
        return "from is missing";
    if (!to)
        return "to is missing";
    return range_mistake(order->from, order->to);
}

static void order(struct desk *desk, const struct web_request *request,
                  struct ask *ask, const struct field *fields, size_t count,
                  struct web_answer *answer)
{
    if (!door_touch(desk, request, answer) ||
        !read_query(request->query, NULL, 0, ask, answer) ||
        !read_order(request, fields, count, &ask->order, answer))
        return;
    if (!ask->order.by[0])
        snprintf(ask->order.by, sizeof ask->order.by, "%s", request->peer);
    if (is_good(order_mistake(&ask->order), answer))
        ask_loop(desk, ask, answer);
}

void jobs_trigger(struct desk *desk, const struct web_request *request,
                  struct web_answer *answer)
{
    struct ask ask;
    ask_of(request, ASK_ORDER, &ask);
    ask.order.verb = VERB_TRIGGER;
    order(desk, request, &ask, trigger_fields, COUNT(trigger_fields), answer);
}

void jobs_pause(struct desk *desk, const struct web_request *request,
                struct web_answer *answer)
{
    struct ask ask;
    ask_of(request, ASK_ORDER, &ask);
    ask.order.verb = VERB_PAUSE;
    ask.order.for_ms = PAUSE_MS;
    order(desk, request, &ask, pause_fields, COUNT(pause_fields), answer);
}

void jobs_resume(struct desk *desk, const struct web_request *request,
                 struct web_answer *answer)
{
    struct ask ask;
    ask_of(request, ASK_ORDER, &ask);
    ask.order.verb = VERB_RESUME;
    order(desk, request, &ask, resume_fields, COUNT(resume_fields), answer);
}

void jobs_backfill(struct desk *desk, const struct web_request *request,
                   struct web_answer *answer)
{
    struct ask ask;
    ask_of(request, ASK_ORDER, &ask);
    ask.order.verb = VERB_BACKFILL;
    ask.order.from.ms = ask.order.to.ms = NEVER_MS;
    order(desk, request, &ask, backfill_fields, COUNT(backfill_fields), answer);
}
