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
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "generations_parts.h"
#include "mooncron/child.h"
#include "mooncron/duration.h"
#include "mooncron/memory.h"

/* ---- silence ---- */

/* It hangs while it runs something, there where it said, or nowhere known. */
static void silence_end(struct generation *g, const struct host_at *at)
{
    struct text sentence;
    text_init(&sentence, 512);
    text_printf(&sentence, "R302: the script did not yield for %d s",
                HOST_SILENCE_MS_MAX / 1000);
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

void generation_hand(struct generation *g, const struct run_note *note)
{
    uint32_t owed = g->errands.owed;
    errands_add(&g->errands, note);
    silence_turn(g, owed);
}

void generation_turn(struct generation *g, struct errand *errand)
{
    turn_over(g, errand, true);
}

static void take_back(struct generation *g, struct errand *errand)
{
    uint32_t owed = g->errands.owed;
    errands_remove(&g->errands, errand);
    silence_turn(g, owed);
}

/* ---- life and death ---- */

void generation_free(struct generation *g)
{
    mistakes_clear(&g->intake.mistakes);
    jobset_unref(g->intake.set);
    errands_close(&g->errands);
    free(g->sentence);
    free(g->path);
    free(g);
}

static void timer_closed(uv_handle_t *handle)
{
    generations_left(handle->data);
}

static void host_dismiss(struct generation *g)
{
    if (!g->dismissed)
        child_close(g->child);
    g->dismissed = true;
}

/* Without a child there is only the timer left to close. */
void generation_end(struct generation *g)
{
    if (g->state == GENERATION_CLOSING)
        return;
    g->state = GENERATION_CLOSING;
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
    assert(g->state == GENERATION_LOADING);
    g->all->on.loaded(g->all->data, g->id, NULL, &g->intake.mistakes, sentence);
    generation_end(g);
}

static void load_done(struct generation *g)
{
    struct jobset *set = g->intake.set;
    g->intake.set = NULL;
    g->state = GENERATION_READY;
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
    if (g->state == GENERATION_LOADING)
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
    if (g->state == GENERATION_LOADING)
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
    g->all->on.log(g->all->data, g->id, &log, errand ? &errand->note : NULL);
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
    enum generation_state from, to;
    bool (*take)(struct generation *g, struct wire_reader *in);
} sayings[] = {
    { HOST_HELLO, GENERATION_LOADING, GENERATION_LOADING, take_hello },
    { HOST_FILE, GENERATION_LOADING, GENERATION_LOADING, take_declared },
    { HOST_GROUP, GENERATION_LOADING, GENERATION_LOADING, take_declared },
    { HOST_ZONE, GENERATION_LOADING, GENERATION_LOADING, take_declared },
    { HOST_CALENDAR, GENERATION_LOADING, GENERATION_LOADING, take_declared },
    { HOST_JOB, GENERATION_LOADING, GENERATION_LOADING, take_declared },
    { HOST_MISTAKE, GENERATION_LOADING, GENERATION_LOADING, take_declared },
    { HOST_LOADED, GENERATION_LOADING, GENERATION_LOADING, take_loaded },
    { HOST_LOG, GENERATION_LOADING, GENERATION_READY, take_log },
    { HOST_AT, GENERATION_LOADING, GENERATION_READY, take_at },
    { HOST_REQUEST, GENERATION_READY, GENERATION_READY, take_request },
    { HOST_SLEEP, GENERATION_READY, GENERATION_READY, take_sleep },
    { HOST_ENDED, GENERATION_READY, GENERATION_READY, take_ended },
};

static void host_frame(void *data, char *frame, size_t len)
{
    struct generation *g = data;
    if (g->state == GENERATION_CLOSING)
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
        else if (g->state == GENERATION_READY)
            silence_begin(g);
        return;
    }
    host_wrong(g, "a frame is of no known type");
}

static void ended_loading(struct generation *g, const char *how)
{
    char sentence[256];
    snprintf(sentence, sizeof sentence,
             "the script host %s while it loaded the file", how);
    load_failed(g, sentence);
}

static void ended_ready(struct generation *g, const char *how)
{
    char sentence[256], killed[64];
    snprintf(sentence, sizeof sentence, "the script host %s", how);
    snprintf(killed, sizeof killed, "did not yield for %d s, and was killed",
             HOST_SILENCE_MS_MAX / 1000);
    errands_end(g, g->sentence ? g->sentence : sentence);
    if (!g->dismissed)
        g->all->on.died(g->all->data, g->id, g->sentence ? killed : how);
}

static void host_ended(void *data, const char *how)
{
    struct generation *g = data;
    g->child = NULL;
    switch (g->state) {
    case GENERATION_LOADING:
        ended_loading(g, how);
        break;
    case GENERATION_READY:
        ended_ready(g, how);
        break;
    case GENERATION_CLOSING:
        uv_close((uv_handle_t *)&g->timer, timer_closed);
        break;
    }
}

/* ---- the beginning ---- */

static void load_timeout(uv_timer_t *timer)
{
    host_ask(timer->data);
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

bool generation_send(struct generation *g, bool whole)
{
    struct text *out = &g->all->out;
    if (whole && g->child)
        child_send(g->child, out->data, out->len);
    text_clear(out);
    return whole;
}

void generation_begin(struct generation *g, const struct host_load *load)
{
    struct generations *all = g->all;
    g->path = memory_string(load->path);
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
    if (!generation_send(g, host_put_load(&all->out, load))) {
        load_failed(g, "Settings and environment are too large for a script");
        return;
    }
    uv_timer_start(&g->timer, load_timeout, all->load_timeout_ms, 0);
}
