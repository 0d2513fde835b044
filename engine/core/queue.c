/* A queue is what waits for room in a group: first come, first served. */
#include <assert.h>

#include "machine.h"
#include "mooncron/memory.h"

struct queue *queue_of(struct core *core, uint32_t group)
{
    return group == NO_INDEX ? NULL : &core->runs.queues[group];
}

void queue_push(struct runs *runs, struct run *run)
{
    struct queue *queue = &runs->queues[run->group];
    run->next = NO_INDEX;
    if (queue->last == NO_INDEX)
        queue->first = run_place(run);
    else
        runs->places[queue->last].next = run_place(run);
    queue->last = run_place(run);
    queue->waiting++;
}

struct run *queue_pop(struct runs *runs, struct queue *queue)
{
    assert(queue->waiting > 0);
    struct run *run = &runs->places[queue->first];
    queue->first = run->next;
    if (queue->first == NO_INDEX)
        queue->last = NO_INDEX;
    queue->waiting--;
    return run;
}

bool queue_full(const struct queue *queue)
{
    return queue->live >= queue->limit;
}

void queue_fill(struct core *core, uint32_t group)
{
    struct queue *queue = queue_of(core, group);
    while (queue && queue->waiting && !queue_full(queue))
        run_begin(core, queue_pop(&core->runs, queue));
}

struct queue *queues_new(const struct jobset *set, uint32_t *ret_count)
{
    *ret_count = jobset_group_count(set);
    struct queue *queues = memory_new(*ret_count * sizeof *queues);
    for (uint32_t i = 0; i < *ret_count; i++)
        queues[i] = (struct queue){ .limit = jobset_group(set, i)->limit,
                                    .first = NO_INDEX,
                                    .last = NO_INDEX };
    return queues;
}
