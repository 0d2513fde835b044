/* The command line's way to ask for a reload. */
#include "api.h"

#include <stdlib.h>

#include "body.h"
#include "door.h"
#include "reply.h"

/* The body is optional: {"force": true}. */
static bool read_force(const struct web_request *request, bool *ret_force,
                       struct web_answer *answer)
{
    *ret_force = false;
    if (request->body_len == 0)
        return true;
    json_t *json = body_json(request);
    json_t *force = json_object_get(json, "force");
    bool good = json_is_object(json) && (!force || json_is_boolean(force));
    if (!json_is_object(json))
        web_fail(answer, 400, "The body must be empty or a JSON object");
    else if (!good)
        web_refuse(answer, "force must be true or false", force);
    *ret_force = json_is_true(force);
    json_decref(json);
    return good;
}

static int failure_status(const struct word *word)
{
    if (!word->answered)
        return 504;
    switch (word->report.outcome) {
    case RELOAD_LOAD_FAILED:
        return 422;
    case RELOAD_FETCH_FAILED:
        return 502;
    case RELOAD_STOPPING:
    case RELOAD_BUSY:
        return 503;
    default:
        return 500;
    }
}

void api_reload(struct desk *desk, const struct web_request *request,
                struct web_answer *answer)
{
    struct ask ask = { .cause = ASK_COMMAND };
    struct word word = { 0 };
    if (!door_touch(desk, request, answer) ||
        !read_force(request, &ask.force, answer))
        return;
    if (!inbox_ask(desk->inbox, &ask, RELOAD_WAIT_MS, &word)) {
        web_fail(answer, 503, "Too many reloads are waiting");
        answer->retry_after_s = 1;
        return;
    }
    if (reply_is_success(&word)) {
        answer->status = 200;
        answer->body = reply_success(&word.report, clock_now(desk->clock).wall);
    } else {
        web_fail_because(answer, failure_status(&word),
                         "Failed to restart schedulers", reply_failure(&word));
        json_object_set(answer->body, "error",
                        json_object_get(answer->body, "message"));
        if (word.answered) /* 0: none is in force yet */
            json_object_set_new(answer->body, "schedule",
                                json_integer(word.report.generation));
    }
    free(word.message);
}
