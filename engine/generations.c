/* A generation, seen from the daemon, is a script host and what it declared.
 *
 *   open ──► loading ──► ready ──► closing ──► gone
 *               │          │
 *               │          └ the host dies: its runs end, `died` is told
 *               └ mistakes, a wrong frame, death, the time is up: `loaded` is
 *                 told why, and the host ends
 *
 * One that hangs is asked where, and killed when it has said so, or has not for
 * a moment; a word that it owed and that comes in that moment still counts.
 *
 * A host is trusted with nothing: each frame is checked, and one that says what
 * it may not say in its state ends it. */
#include "generations.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "errands.h"
#include "intake.h"
#include "mooncron/child.h"
#include "mooncron/civil.h"
#include "mooncron/duration.h"
#include "mooncron/memory.h"
#include "mooncron/zones.h"

enum state {
    LOADING,
    READY,
    CLOSING, /* nobody is told anything any more */
};

struct generation {
    struct generation *next;
    struct generations *all;
    uint32_t id;
    enum state state;
    bool greeted, dismissed; /* said hello; was told to leave */
    struct child *child;     /* NULL: ended, or never needed again */
    struct intake intake;    /* while loading */
    uv_timer_t timer; /* while loading: its end; later: of the host's silence */
    struct errands errands;
    char *path;     /* of the schedule file */
    bool asked;     /* where it hangs, at least once */
    bool last_turn; /* it has no more time to say so */
    char *sentence; /* what runs are told that it was killed under, or NULL */
};

struct generations {
    uv_loop_t *loop;
    struct generation_events on;
    uint32_t load_timeout_ms;
    void *data;
    struct generation *first;
    struct text out;         /* one frame on its way */
    struct zones *zones;     /* the caller's */
    struct host_rules *room; /* for one job at a time */
    void (*closed)(void *data);
    void *closed_data;
};

/* ---- silence ---- */

/* It hangs while it runs something, there where it said, or nowhere known. */
static void silence_end(struct generation *g, const struct host_at *at)
{
    struct text sentence;
    text_init(&sentence, 512);
    text_puts(&sentence, "R302: the script did not yield for 5 s");
    if (at)
        text_printf(&sentence, " (%s:%u)", at->file, (unsigned)at->line);
    g->sentence = text_take(&sentence);
    child_kill(g->child);
}

static void host_ask(struct generation *g);

static void silence_timeout(uv_timer_t *timer)
{
    struct generation *g = timer->data;
    if (g->child)
        host_ask(g);
}

/* It has just spoken, or was just spoken to. */
static void silence_begin(struct generation *g)
{
    if (g->sentence)
        return; /* it is being killed */
    if (g->errands.owed)
        uv_timer_start(&g->timer, silence_timeout, HOST_SILENCE_MS_MAX, 0);
    else
        uv_timer_stop(&g->timer);
}

/* A silence begins where it owes the first word, and ends with the last. */
static void silence_turn(struct generation *g, uint32_t owed_before)
{
    if (!g->errands.owed != !owed_before)
        silence_begin(g);
}

/* The next word on the run is the host's, or ours. */
static void turn_over(struct generation *g, struct errand *errand, bool owes)
{
    uint32_t owed = g->errands.owed;
    errands_turn(&g->errands, errand, owes);
    silence_turn(g, owed);
}

static void hand_over(struct generation *g, const struct run_note *note)
{
    uint32_t owed = g->errands.owed;
    errands_add(&g->errands, note);
    silence_turn(g, owed);
}

static void take_back(struct generation *g, struct errand *errand)
{
    uint32_t owed = g->errands.owed;
    errands_remove(&g->errands, errand);
    silence_turn(g, owed);
}

/* ---- life and death ---- */

static struct generation *generation_find(const struct generations *all,
                                          uint32_t id)
{
    struct generation *g = all->first;
    while (g && (g->id != id || g->state == CLOSING))
        g = g->next;
    return g;
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

static void timer_closed(uv_handle_t *handle)
{
    struct generation *g = handle->data;
    struct generations *all = g->all;
    struct generation **at = &all->first;
    while (*at != g)
        at = &(*at)->next;
    *at = g->next;
    mistakes_clear(&g->intake.mistakes);
    jobset_unref(g->intake.set);
    errands_close(&g->errands);
    free(g->sentence);
    free(g->path);
    free(g);
    all_closed(all);
}

static void host_dismiss(struct generation *g)
{
    if (!g->dismissed)
        child_close(g->child);
    g->dismissed = true;
}

/* Without a child there is only the timer left to close. */
static void generation_end(struct generation *g)
{
    if (g->state == CLOSING)
        return;
    g->state = CLOSING;
    uv_timer_stop(&g->timer);
    if (g->child)
        host_dismiss(g);
    else
        uv_close((uv_handle_t *)&g->timer, timer_closed);
}

/* The runs of a host that is no more. Where one of them was its end, the others
 * are told of that. */
static void errands_end(struct generation *g, const char *sentence)
{
    const uint64_t culprit = g->sentence ? errands_at_work(&g->errands) : 0;
    char others[640];
    snprintf(others, sizeof others,
             "its script host ended with another run: %s", sentence);
    while (g->errands.count) {
        const struct errand errand = g->errands.list[g->errands.count - 1];
        take_back(g, &g->errands.list[g->errands.count - 1]);
        bool innocent = culprit && errand.note.run.value != culprit;
        struct host_ended ended = { .run = errand.note.run.value,
                                    .failure = innocent ? others : sentence };
        if (!errand.cancelled)
            g->all->on.ended(g->all->data, g->id, &ended, true);
    }
}

/* ---- the end of a load ---- */

static void load_failed(struct generation *g, const char *sentence)
{
    assert(g->state == LOADING);
    g->all->on.loaded(g->all->data, g->id, NULL, &g->intake.mistakes, sentence);
    generation_end(g);
}

static void load_done(struct generation *g)
{
    struct jobset *set = g->intake.set;
    g->intake.set = NULL;
    g->state = READY;
    uv_timer_stop(&g->timer);
    jobset_seal(set);
    if (!jobset_scripted(set))
        host_dismiss(g);
    g->all->on.loaded(g->all->data, g->id, set, NULL, NULL);
}

/* What it says is not of the protocol: it is broken, or somebody broke it. */
static void host_wrong(struct generation *g, const char *what)
{
    char sentence[128];
    snprintf(sentence, sizeof sentence,
             "the script host broke the protocol: %s", what);
    child_kill(g->child);
    if (g->state == LOADING)
        load_failed(g, sentence);
}

static void loaded_frame(struct generation *g, const struct host_loaded *l)
{
    if (!l->ok) {
        mistakes_sort(&g->intake.mistakes);
        if (g->intake.mistakes.total < l->mistakes)
            g->intake.mistakes.total = l->mistakes;
        load_failed(g, g->intake.mistakes.count ? NULL
                                                : "the script host gave up");
        return;
    }
    if (l->jobs != jobset_count(g->intake.set) || g->intake.mistakes.count) {
        host_wrong(g, "its count of jobs is wrong");
        return;
    }
    if (l->default_line)
        jobset_set_default_rule(g->intake.set, l->default_file,
                                l->default_line);
    load_done(g);
}

/* It hangs while it loads the file. */
static void load_hangs(struct generation *g, const struct host_at *at)
{
    char message[128], limit[DURATION_TEXT_MAX];
    snprintf(message, sizeof message,
             "loading took more than %s (MOONCRON_LOAD_TIMEOUT)",
             duration_format(g->all->load_timeout_ms, limit));
    const struct mistake mistake = {
        .code = "E150",
        .message = message,
        .file = at ? at->file : g->path,
        .line = at ? at->line : 0,
        .source = at ? at->source : "",
        .opener = "",
        .label = "",
        .help = "loading only declares; look for a loop that does not end",
        .note = "",
    };
    mistakes_add(&g->intake.mistakes, &mistake);
    child_kill(g->child);
    load_failed(g, NULL);
}

/* ---- one that hangs ---- */

static void host_hangs(struct generation *g, const struct host_at *at)
{
    if (g->state == LOADING)
        load_hangs(g, at);
    else
        silence_end(g, at);
}

/* A loop that was held up itself comes here before it reads what has come: it
 * gets one more turn. */
static void place_timeout(uv_timer_t *timer)
{
    struct generation *g = timer->data;
    if (!g->child)
        return;
    if (g->last_turn)
        host_hangs(g, NULL);
    else
        uv_timer_start(timer, place_timeout, 1, 0);
    g->last_turn = true;
}

static void host_ask(struct generation *g)
{
    g->asked = true;
    g->last_turn = false;
    child_ask(g->child);
    uv_timer_start(&g->timer, place_timeout, HOST_PLACE_MS_MAX, 0);
}

/* ---- frames while loading ---- */

static bool take_hello(struct generation *g, struct wire_reader *in)
{
    uint32_t protocol;
    if (!host_get_hello(in, &protocol))
        return false;
    g->greeted = protocol == HOST_PROTOCOL;
    if (!g->greeted)
        host_wrong(g, "it is of another version than this program");
    return true;
}

static bool take_declared(struct generation *g, struct wire_reader *in)
{
    return intake_take(&g->intake, in);
}

static bool take_loaded(struct generation *g, struct wire_reader *in)
{
    struct host_loaded loaded;
    if (!g->greeted || !host_get_loaded(in, &loaded))
        return false;
    loaded_frame(g, &loaded);
    return true;
}

/* ---- frames at any time, and while ready ---- */

static bool take_log(struct generation *g, struct wire_reader *in)
{
    struct host_log log;
    if (!host_get_log(in, &log) || log.level > HOST_ERROR)
        return false;
    const struct errand *errand = errands_live(&g->errands, log.run);
    g->all->on.log(g->all->data, g->id, &log, errand ? errand->note.job : NULL);
    return true;
}

static bool take_request(struct generation *g, struct wire_reader *in)
{
    struct host_request request;
    if (!host_get_request(in, &request) || request.method > METHOD_DELETE)
        return false;
    struct errand *errand = errands_live(&g->errands, request.run);
    if (!errand)
        return true;
    turn_over(g, errand, false);
    g->all->on.request(g->all->data, &request, &errand->note,
                       ++errand->requests);
    return true;
}

static bool take_sleep(struct generation *g, struct wire_reader *in)
{
    uint64_t run, sleep_ms;
    if (!host_get_sleep(in, &run, &sleep_ms))
        return false;
    struct errand *errand = errands_live(&g->errands, run);
    if (!errand)
        return true;
    turn_over(g, errand, false);
    g->all->on.nap(g->all->data, g->id, run, sleep_ms);
    return true;
}

/* The answer to a cancel comes this way, too: it shows that the host lives. */
static bool take_ended(struct generation *g, struct wire_reader *in)
{
    struct host_ended ended;
    if (!host_get_ended(in, &ended))
        return false;
    struct errand *errand = errands_find(&g->errands, ended.run);
    if (!errand)
        return true;
    bool cancelled = errand->cancelled;
    take_back(g, errand);
    if (!cancelled)
        g->all->on.ended(g->all->data, g->id, &ended, false);
    return true;
}

/* Nothing may be run in that host any more: it ends. */
static bool take_at(struct generation *g, struct wire_reader *in)
{
    struct host_at at;
    if (!host_get_at(in, &at) || !g->asked)
        return false;
    host_hangs(g, &at);
    return true;
}

/* What a host may say, and when. */
static const struct {
    enum host_message type;
    enum state from, to;
    bool (*take)(struct generation *g, struct wire_reader *in);
} sayings[] = {
    { HOST_HELLO, LOADING, LOADING, take_hello },
    { HOST_FILE, LOADING, LOADING, take_declared },
    { HOST_GROUP, LOADING, LOADING, take_declared },
    { HOST_ZONE, LOADING, LOADING, take_declared },
    { HOST_CALENDAR, LOADING, LOADING, take_declared },
    { HOST_JOB, LOADING, LOADING, take_declared },
    { HOST_MISTAKE, LOADING, LOADING, take_declared },
    { HOST_LOADED, LOADING, LOADING, take_loaded },
    { HOST_LOG, LOADING, READY, take_log },
    { HOST_AT, LOADING, READY, take_at },
    { HOST_REQUEST, READY, READY, take_request },
    { HOST_SLEEP, READY, READY, take_sleep },
    { HOST_ENDED, READY, READY, take_ended },
};

static void host_frame(void *data, char *frame, size_t len)
{
    struct generation *g = data;
    if (g->state == CLOSING)
        return;
    struct wire_reader in;
    wire_open(&in, frame, len);
    for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
        if (in.type != sayings[i].type)
            continue;
        if (g->state < sayings[i].from || g->state > sayings[i].to)
            host_wrong(g, "a frame came out of turn");
        else if (!sayings[i].take(g, &in))
            host_wrong(g, "a frame was malformed");
        else if (g->state == READY)
            silence_begin(g);
        return;
    }
    host_wrong(g, "a frame is of no known type");
}

static void host_ended(void *data, const char *how)
{
    struct generation *g = data;
    g->child = NULL;
    if (g->state == CLOSING) {
        uv_close((uv_handle_t *)&g->timer, timer_closed);
        return;
    }
    if (g->state == LOADING) {
        char sentence[256];
        snprintf(sentence, sizeof sentence,
                 "the script host %s while it loaded the file", how);
        load_failed(g, sentence);
        return;
    }
    char sentence[256];
    snprintf(sentence, sizeof sentence, "the script host %s", how);
    errands_end(g, g->sentence ? g->sentence : sentence);
    if (g->sentence)
        how = "did not yield for 5 s, and was killed";
    if (!g->dismissed)
        g->all->on.died(g->all->data, g->id, how);
}

/* ---- the time is up ---- */

static void load_timeout(uv_timer_t *timer)
{
    host_ask(timer->data);
}

/* ---- what the daemon wants ---- */

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

static const struct child_events child_events = { .frame = host_frame,
                                                  .ended = host_ended };

static bool host_start(struct generation *g, struct error *reterr)
{
    char program[4096];
    if (!child_program(program, sizeof program, reterr))
        return false;
    g->child = child_spawn(g->all->loop, program, &child_events, g, reterr);
    return g->child != NULL;
}

/* Sends the frame that was written, or nothing where it got too long. */
static bool host_send(struct generation *g, bool whole)
{
    struct text *out = &g->all->out;
    if (whole && g->child)
        child_send(g->child, out->data, out->len);
    text_clear(out);
    return whole;
}

void generations_open(struct generations *all, uint32_t generation,
                      const struct host_load *load)
{
    struct generation *g = memory_new(sizeof *g);
    g->all = all;
    g->id = generation;
    g->path = memory_copy(load->path, strlen(load->path));
    g->next = all->first;
    all->first = g;
    g->intake = (struct intake){ .set = jobset_new(),
                                 .zones = all->zones,
                                 .room = all->room };
    uv_timer_init(all->loop, &g->timer);
    g->timer.data = g;
    struct error err = { "" };
    if (!host_start(g, &err)) {
        load_failed(g, err.text);
        return;
    }
    if (!host_send(g, host_put_load(&all->out, load))) {
        load_failed(g, "Settings and environment are too large for a script");
        return;
    }
    uv_timer_start(&g->timer, load_timeout, all->load_timeout_ms, 0);
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
    hand_over(g, note);
    host_send(g, host_put_start(&all->out, &frame));
}

void generations_respond(struct generations *all, uint32_t generation,
                         const struct host_response *response)
{
    struct generation *g = generation_find(all, generation);
    struct errand *errand = g ? errands_live(&g->errands, response->run) : NULL;
    if (!errand)
        return;
    turn_over(g, errand, true);
    host_send(g, host_put_response(&all->out, response));
}

void generations_wake(struct generations *all, uint32_t generation,
                      uint64_t run)
{
    struct generation *g = generation_find(all, generation);
    struct errand *errand = g ? errands_live(&g->errands, run) : NULL;
    if (!errand)
        return;
    turn_over(g, errand, true);
    host_send(g, host_put_wake(&all->out, run));
}

bool generations_cancel(struct generations *all, uint32_t generation,
                        uint64_t run)
{
    struct generation *g = generation_find(all, generation);
    struct errand *errand = g ? errands_live(&g->errands, run) : NULL;
    if (!errand)
        return false;
    errand->cancelled = true;
    turn_over(g, errand, true);
    host_send(g, host_put_cancel(&all->out, run));
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
