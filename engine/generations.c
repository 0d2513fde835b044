/* Generations are few: one is found by its number among those that are not
 * closing. */
#include "generations.h"

#include <stdio.h>
#include <stdlib.h>

#include "generations_parts.h"
#include "mooncron/civil.h"
#include "mooncron/memory.h"

struct generations *generations_new(struct uv_loop_s *loop,
                                    const struct generation_events *events,
                                    uint32_t load_timeout_ms,
                                    struct zones *zones, void *data)
{
    struct generations *all = memory_new(sizeof *all);
    all->loop = loop;
    all->on = *events;
    all->load_timeout_ms = load_timeout_ms;
    all->data = data;
    all->zones = zones;
    all->room = memory_new(sizeof *all->room);
    text_init(&all->out, WIRE_FRAME_MAX);
    return all;
}

static void all_closed(struct generations *all)
{
    if (!all->closed || all->first)
        return;
    void (*closed)(void *data) = all->closed;
    void *data = all->closed_data;
    text_close(&all->out);
    free(all->room);
    free(all);
    closed(data);
}

void generations_left(struct generation *g)
{
    struct generations *all = g->all;
    struct generation **at = &all->first;
    while (*at != g)
        at = &(*at)->next;
    *at = g->next;
    generation_free(g);
    all_closed(all);
}

static struct generation *generation_find(const struct generations *all,
                                          uint32_t id)
{
    struct generation *g = all->first;
    while (g && (g->id != id || g->state == GENERATION_CLOSING))
        g = g->next;
    return g;
}

/* NULL where nobody waits for such a run any more. */
static struct errand *errand_find(const struct generations *all,
                                  uint32_t generation, uint64_t run,
                                  struct generation **ret_g)
{
    *ret_g = generation_find(all, generation);
    return *ret_g ? errands_live(&(*ret_g)->errands, run) : NULL;
}

/* ---- what the daemon wants ---- */

void generations_open(struct generations *all, uint32_t generation,
                      const struct host_load *load)
{
    struct generation *g = memory_new(sizeof *g);
    g->all = all;
    g->id = generation;
    g->next = all->first;
    all->first = g;
    generation_begin(g, load);
}

void generations_start(struct generations *all,
                       const struct generation_start *start)
{
    const struct run_note *note = &start->note;
    struct generation *g = generation_find(all, note->generation);
    if (!g || !g->child) {
        struct host_ended ended = { .run = note->run.value,
                                    .failure = "its script host has ended" };
        all->on.ended(all->data, note->generation, &ended, true);
        return;
    }
    char scheduled[RFC3339_TEXT_MAX], id[24];
    snprintf(id, sizeof id, "%llx", (unsigned long long)note->run.value);
    const struct host_start frame = {
        .run = note->run.value,
        .function = start->function,
        .job = note->job->name,
        .run_text = id,
        .trigger = trigger_names[note->trigger],
        .scheduled = rfc3339_format(note->key.slot, 0, scheduled),
        .error = start->error,
        .attempt = note->attempt,
    };
    generation_hand(g, note);
    generation_send(g, host_put_start(&all->out, &frame));
}

void generations_respond(struct generations *all, uint32_t generation,
                         const struct host_response *response)
{
    struct generation *g;
    struct errand *errand = errand_find(all, generation, response->run, &g);
    if (!errand)
        return;
    generation_turn(g, errand);
    generation_send(g, host_put_response(&all->out, response));
}

void generations_wake(struct generations *all, uint32_t generation,
                      uint64_t run)
{
    struct generation *g;
    struct errand *errand = errand_find(all, generation, run, &g);
    if (!errand)
        return;
    generation_turn(g, errand);
    generation_send(g, host_put_wake(&all->out, run));
}

bool generations_cancel(struct generations *all, uint32_t generation,
                        uint64_t run)
{
    struct generation *g;
    struct errand *errand = errand_find(all, generation, run, &g);
    if (!errand)
        return false;
    errand->cancelled = true;
    generation_turn(g, errand);
    generation_send(g, host_put_cancel(&all->out, run));
    return true;
}

void generations_close(struct generations *all, uint32_t generation)
{
    struct generation *g = generation_find(all, generation);
    if (g)
        generation_end(g);
}

void generations_free(struct generations *all, void (*closed)(void *data),
                      void *data)
{
    all->closed = closed;
    all->closed_data = data;
    struct generation *next;
    for (struct generation *g = all->first; g; g = next) {
        next = g->next;
        generation_end(g);
    }
    all_closed(all);
}
