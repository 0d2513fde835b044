/* An errand is one exchange over HTTP, start to end, for commands that wait.
 *
 * Each blocks on a loop of its own, with the client that the daemon uses. */
#ifndef MOONCRON_CLI_ERRAND_H
#define MOONCRON_CLI_ERRAND_H

#include "mooncron/config.h"
#include "mooncron/http.h"
#include "mooncron/settings.h"

/* Settings from the backend (the caller's reference), or NULL, how it failed
 * and a sentence. */
struct settings *errand_settings(const struct config *config,
                                 enum fetch_outcome *ret_outcome,
                                 struct error *reterr);

/* One request to the daemon. */
struct errand_request {
    enum method method;
    const char *path;
    const char *token; /* of a bearer; or "" */
    const char *body;  /* JSON, of what is no GET; or "" */
};
/* The status, with the answer's body in `ret_body` (the caller frees it); 0 and
 * a sentence where no answer came. */
int errand_send(const struct config *config,
                const struct errand_request *request, char **ret_body,
                struct error *reterr);

#endif
