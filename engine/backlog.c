/* The backlog keeps what waits for the store, in space that is used again. */
#include "backlog.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/schedule.h"

/* Space for more entries than these is given back when they are written: some
 * 2 MB, which a burst of 10,000 slots needs. */
#define ENTRIES_KEPT 16384

/* ---- questions ---- */

void questions_push(struct questions *list, struct question *question)
{
    question->next = NULL;
    if (list->first)
        list->last->next = question;
    else
        list->first = question;
    list->last = question;
}

void questions_join(struct questions *list, struct questions *more)
{
    if (!more->first)
        return;
    if (list->first)
        list->last->next = more->first;
    else
        list->first = more->first;
    list->last = more->last;
    *more = (struct questions){ 0 };
}

struct question *questions_pop(struct questions *list)
{
    struct question *question = list->first;
    if (question)
        list->first = question->next;
    return question;
}

/* ---- entries ---- */

static const char *copy(struct arena *text, const char *string)
{
    return string ? arena_copy(text, string, strlen(string)) : NULL;
}

static void copy_strings(struct arena *text, struct entry *entry)
{
    entry->job = copy(text, entry->job);
    entry->error = copy(text, entry->error);
    entry->by = copy(text, entry->by);
}

static void grow(struct backlog *backlog)
{
    size_t cap = backlog->cap ? backlog->cap * 2 : 64;
    backlog->entries =
        memory_resize(backlog->entries, cap, sizeof *backlog->entries);
    backlog->tickets =
        memory_resize(backlog->tickets, cap, sizeof *backlog->tickets);
    backlog->cap = cap;
}

void backlog_add(struct backlog *backlog, const struct entry *entry,
                 uint64_t ticket)
{
    if (backlog->count == backlog->cap)
        grow(backlog);
    struct entry *kept = &backlog->entries[backlog->count];
    *kept = *entry;
    copy_strings(&backlog->text, kept);
    backlog->tickets[backlog->count++] = ticket;
}

void backlog_publish(struct backlog *backlog, const struct plan_note *plan)
{
    if (backlog->plan_count == backlog->plan_cap) {
        backlog->plan_cap = backlog->plan_cap ? backlog->plan_cap * 2 : 4;
        backlog->plans = memory_resize(backlog->plans, backlog->plan_cap,
                                       sizeof *backlog->plans);
    }
    struct plan_note *kept = &backlog->plans[backlog->plan_count++];
    *kept = *plan;
    kept->environment = copy(&backlog->text, plan->environment);
    kept->tzdata = copy(&backlog->text, plan->tzdata);
    kept->file = copy(&backlog->text, plan->file);
}

bool backlog_is_empty(const struct backlog *backlog)
{
    return !backlog->count && !backlog->plan_count && !backlog->questions.first;
}

/* ---- too much of it ---- */

/* The strings of what is left move to an arena of their own: the old one keeps
 * those of every entry that there ever was. */
static void tidy_text(struct backlog *backlog)
{
    struct arena text = { 0 };
    for (size_t i = 0; i < backlog->count; i++)
        copy_strings(&text, &backlog->entries[i]);
    for (size_t i = 0; i < backlog->plan_count; i++) {
        struct plan_note *plan = &backlog->plans[i];
        plan->environment = copy(&text, plan->environment);
        plan->tzdata = copy(&text, plan->tzdata);
        plan->file = copy(&text, plan->file);
    }
    arena_close(&backlog->text);
    backlog->text = text;
}

size_t backlog_thin(struct backlog *backlog, size_t max)
{
    if (backlog->count < max || backlog->count < backlog->thin_at)
        return 0;
    size_t most = max / 8 + 1, gone = 0, kept = 0;
    for (size_t i = 0; i < backlog->count; i++) {
        bool goes = gone < most && backlog->entries[i].kind == ENTRY_PASS &&
                    backlog->tickets[i] == 0;
        if (goes) {
            gone++;
            continue;
        }
        backlog->entries[kept] = backlog->entries[i];
        backlog->tickets[kept++] = backlog->tickets[i];
    }
    backlog->count = kept;
    backlog->thin_at = kept + most;
    if (gone)
        tidy_text(backlog);
    return gone;
}

/* ---- what may be written after the rest ---- */

/* Its cursor is behind it already, and it is run when its turn comes. */
static bool is_patient(const struct entry *entry)
{
    return entry->kind == ENTRY_WAIT && entry->trigger == TRIGGER_BACKFILL &&
           entry->cursor.ms == EVER_MS;
}

static bool is_of_parked(const struct parked *parked, const char *job)
{
    for (size_t i = 0; i < parked->job_count; i++)
        if (!strcmp(parked->jobs[i], job))
            return true;
    return false;
}

static bool park(struct parked *parked, const struct entry *entry,
                 uint64_t ticket)
{
    struct backlog *backlog = &parked->backlog;
    bool of_parked = is_of_parked(parked, entry->job);
    if (!of_parked &&
        (!is_patient(entry) || parked->job_count == PARKED_JOBS_MAX))
        return false;
    backlog_add(backlog, entry, ticket);
    if (!of_parked)
        parked->jobs[parked->job_count++] =
            backlog->entries[backlog->count - 1].job;
    return true;
}

void parked_take(struct parked *parked, struct backlog *backlog)
{
    size_t kept = 0;
    for (size_t i = 0; i < backlog->count; i++) {
        if (park(parked, &backlog->entries[i], backlog->tickets[i]))
            continue;
        backlog->entries[kept] = backlog->entries[i];
        backlog->tickets[kept++] = backlog->tickets[i];
    }
    backlog->count = kept;
}

size_t parked_count(const struct parked *parked)
{
    return parked->backlog.count - parked->at;
}

void parked_done(struct parked *parked, size_t count)
{
    parked->at += count;
    if (parked_count(parked))
        return;
    backlog_clear(&parked->backlog);
    parked->at = parked->job_count = 0;
}

/* ---- its end ---- */

void backlog_clear(struct backlog *backlog)
{
    assert(!backlog->questions.first);
    if (backlog->cap > ENTRIES_KEPT) {
        free(backlog->entries);
        free(backlog->tickets);
        backlog->entries = NULL;
        backlog->tickets = NULL;
        backlog->cap = 0;
    }
    backlog->count = backlog->plan_count = backlog->thin_at = 0;
    arena_clear(&backlog->text);
}

void backlog_close(struct backlog *backlog)
{
    assert(!backlog->questions.first);
    free(backlog->entries);
    free(backlog->tickets);
    free(backlog->plans);
    arena_close(&backlog->text);
    *backlog = (struct backlog){ 0 };
}
