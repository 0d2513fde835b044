/* The webhook, from the sender's side. */
#ifndef DEMO_HOOK_H
#define DEMO_HOOK_H

#include <stdint.h>

#include "mooncron/text.h"

#define HOOK_TIMEOUT_MS 5000 /* the backend gives up after this */
#define HOOK_ANSWER_MAX (64 << 10)

struct hook_answer {
    int status;       /* 0: no answer */
    struct text body; /* or why there is none */
    int64_t took_ms;
};

/* Posts `body` to the worker at `origin`. `secret` may be NULL. */
void hook_send(const char *origin, const char *secret, const char *body,
               struct hook_answer *ret);
void hook_answer_close(struct hook_answer *answer);

#endif
