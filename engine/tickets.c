/* Tickets: where each run that was accepted (202) is to be asked for. */
#include "tickets.h"

#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"

struct ticket {
    struct ticket *next;
    struct run_id run;
    char url[];
};

/* Ids of runs are a count, so their lowest bits are spread well enough. */
static struct ticket **bucket_of(const struct tickets *tickets,
                                 struct run_id run)
{
    return &tickets->buckets[run.value & (tickets->size - 1)];
}

static void put_first(struct tickets *tickets, struct ticket *ticket)
{
    struct ticket **bucket = bucket_of(tickets, ticket->run);
    ticket->next = *bucket;
    *bucket = ticket;
}

static void grow(struct tickets *tickets)
{
    const struct tickets old = *tickets;
    tickets->size = old.size ? old.size * 2 : 16;
    tickets->buckets = memory_new(tickets->size * sizeof *tickets->buckets);
    for (size_t i = 0; i < old.size; i++)
        for (struct ticket *at = old.buckets[i], *next; at; at = next) {
            next = at->next;
            put_first(tickets, at);
        }
    free(old.buckets);
}

void tickets_put(struct tickets *tickets, struct run_id run, const char *url)
{
    size_t size = strlen(url) + 1;
    struct ticket *ticket = memory_new(sizeof *ticket + size);
    ticket->run = run;
    memcpy(ticket->url, url, size);
    tickets_drop(tickets, run);
    if (tickets->count == tickets->size)
        grow(tickets);
    put_first(tickets, ticket);
    tickets->count++;
}

const char *tickets_get(const struct tickets *tickets, struct run_id run)
{
    struct ticket *at = tickets->size ? *bucket_of(tickets, run) : NULL;
    while (at && at->run.value != run.value)
        at = at->next;
    return at ? at->url : NULL;
}

void tickets_drop(struct tickets *tickets, struct run_id run)
{
    if (!tickets->count)
        return;
    struct ticket **at = bucket_of(tickets, run);
    while (*at && (*at)->run.value != run.value)
        at = &(*at)->next;
    struct ticket *found = *at;
    if (!found)
        return;
    *at = found->next;
    tickets->count--;
    free(found);
}

void tickets_close(struct tickets *tickets)
{
    for (size_t i = 0; i < tickets->size; i++)
        for (struct ticket *at = tickets->buckets[i], *next; at; at = next) {
            next = at->next;
            free(at);
        }
    free(tickets->buckets);
    *tickets = (struct tickets){ 0 };
}
