/* The narrator: what happens in the demonstration, in lines to read. */
#ifndef DEMO_NARRATOR_H
#define DEMO_NARRATOR_H

#include <stddef.h>
#include <stdint.h>

#include "mooncron/demo.h"
#include "mooncron/text.h"

#define NARRATOR_LAST 12 /* lines that explain a worker's death */

struct narrator {
    /* The worker has said where it listens; before any further line is told. */
    void (*on_listening)(void *data, uint16_t port);
    void *data;
    struct text line; /* of the worker's log, not yet ended */
    char *last[NARRATOR_LAST];
    size_t lines;
};

void narrator_init(struct narrator *narrator,
                   void (*on_listening)(void *data, uint16_t port), void *data);
void narrator_close(struct narrator *narrator);

/* Bytes of the worker's log, as they come. */
void narrator_hear(struct narrator *narrator, const char *bytes, size_t len);
/* The worker's last words, as it wrote them, to standard error. */
void narrator_quote(const struct narrator *narrator);

/* For backend_config: a call was answered, Settings have changed. */
void narrator_on_call(void *data, const struct backend_call *call);
void narrator_on_change(void *data, const char *settings, int webhook_status);

#endif
