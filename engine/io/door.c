/* The token is either the user's (MOONCRON_ADMIN_TOKEN) or made up by this
 * process and left in its runtime directory; the latter is for this machine
 * only, so a request that came through a proxy is refused with it. */
#include "door.h"

#include <string.h>
#include <strings.h>

#include "mooncron/secrets.h"

static bool is_bearer(const char *authorization, const char *token)
{
    static const char scheme[] = "Bearer ";
    size_t len = sizeof scheme - 1;
    if (strncasecmp(authorization, scheme, len) != 0)
        return false;
    const char *given = authorization + len;
    return secret_equal(given, strlen(given), token, strlen(token));
}

/* From this very machine, and by no detour? */
static bool is_local(const struct web_request *request)
{
    return request->loopback && !*web_header(request, "Forwarded") &&
           !*web_header(request, "X-Forwarded-For");
}

static bool has_token(struct desk *desk, const struct web_request *request,
                      struct web_answer *answer)
{
    if (desk->config->admin_loopback_only && !is_local(request)) {
        web_fail(answer, 403,
                 "Only this machine may ask, unless MOONCRON_ADMIN_TOKEN is "
                 "set");
        return false;
    }
    if (is_bearer(web_header(request, "Authorization"),
                  desk->config->admin_token))
        return true;
    rates_punish(desk->rates, request->net);
    log_write(desk->log, LOG_WARN, "api",
              "refused %s %s from %s: wrong or no admin token", request->method,
              request->route, request->peer);
    web_fail(answer, 401, "Unauthorized");
    answer->wants_bearer = true;
    return false;
}

bool door_touch(struct desk *desk, const struct web_request *request,
                struct web_answer *answer)
{
    if (!desk->config->admin_token) {
        web_fail(answer, 404, "Not found");
        return false;
    }
    return web_rate(desk, request, answer) && has_token(desk, request, answer);
}

bool door_look(struct desk *desk, const struct web_request *request,
               struct web_answer *answer)
{
    if (!web_rate(desk, request, answer))
        return false;
    if (desk->config->looks_public || is_local(request))
        return true;
    if (!desk->config->admin_token) {
        web_fail(answer, 403,
                 "Only this machine may look, unless MOONCRON_ADMIN_TOKEN is "
                 "set");
        return false;
    }
    return has_token(desk, request, answer);
}
