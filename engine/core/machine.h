/* What the core is made of. Shared by the files of the machine: core, tenure,
 * lane, away, due, held, place, timer, wait, run, cut, answer, ending, moving,
 * queue, circuit, adopt, order, handover, asker.
 *
 * Words. A *lane* is what the core remembers of one job of the set in force:
 * which slots are decided, what goes on, whether it is paused. A run that is
 * *held* is to be made up, and waits for its turn among those; the *heir* of a
 * lane waits for the runs of its own job that go on; one that *waits*, for
 * room in its group. A *circuit* is an origin and its breaker. A *tenure* is a
 * generation that is in force, or was and still has runs. An *asker* is
 * somebody who waits for the outcome of a reload. */
#ifndef MOONCRON_CORE_MACHINE_H
#define MOONCRON_CORE_MACHINE_H

#include "agenda.h"
#include "breaker.h"
#include "mooncron/core.h"
#include "past.h"

#define NO_INDEX UINT32_MAX
#define LONG_AGO ((struct mono){ INT64_MIN / 2 }) /* some time can be added */

/* ---- runs (run.c) ---- */

enum run_state {
    RUN_FREE,     /* the place is unused */
    RUN_HELD,     /* to be made up; nothing was started */
    RUN_HEIR,     /* waits for what goes on of its job; likewise */
    RUN_WAITING,  /* for room in its group; likewise */
    RUN_CLAIMING, /* the claim is asked for, and not durable yet */
    RUN_LIVE,     /* an attempt is under way, and no answer yet */
    RUN_RESTING,  /* between two attempts, or two questions after a 202 */
    RUN_LEAVING,  /* cancelled, and no answer yet */
};

/* By what right a call is sent. */
enum pass {
    PASS_FREE,  /* its circuit is closed, or it asks for none */
    PASS_OWN,   /* it is open, and the lane has not failed itself */
    PASS_PROBE, /* it finds out whether the origin is back */
};

/* How an attempt ended. */
struct ending {
    enum verdict verdict;
    enum cause cause;
    uint16_t status;
};

struct run {
    uint64_t id; /* serial number and place */
    enum run_state state;
    uint32_t generation;
    const struct job *job; /* of that generation's set */
    struct run_key key;
    enum trigger trigger;
    uint32_t attempt, epoch;
    uint32_t begun;   /* the last attempt that was; 0: none */
    bool waited;      /* it did not begin when it was due */
    bool written;     /* and the store has a row of it that waits */
    bool reclaimed;   /* or one that another life claimed */
    bool accepted;    /* answered 202: what rests is a question */
    enum pass pass;   /* of its attempt */
    enum why leaving; /* cancelled, or to be when its claim is durable */
    uint32_t hook;    /* function: no run, but what is called after one; or 0 */
    struct ending last;  /* of the attempt before, while it rests */
    struct mono started; /* the first attempt */
    struct mono ill_at;  /* as of struct lane, by its own attempts */
    struct mono timer;   /* when it is due that is not TIMER_NAP */
    uint32_t lane;       /* in the set in force, or NO_INDEX: the job is gone */
    uint32_t group;      /* likewise */
    uint32_t circuit; /* of what it calls, whatever its job's lane calls now; or
                       * NO_INDEX */
    uint32_t next;    /* free list, queue of the group, or line of the lane */
    uint32_t newer, older; /* while it goes on: its lane's others that do */
    bool napping;
    uint32_t nap_call;
    int64_t nap_due_ms;
};

struct queue {
    uint32_t live, limit;
    uint32_t waiting, first, last; /* runs, oldest first */
};

struct runs {
    struct run *places;
    uint32_t count, cap, free; /* places ever used, and the first unused */
    uint32_t taken;            /* places: held runs and hooks, too */
    uint64_t serial;
    struct queue *queues; /* by group of the set in force */
    uint32_t queue_count;
    struct agenda timers; /* on mono: id is place * TIMERS + enum timer */
};

/* ---- lanes (lane.c, held.c) ---- */

struct lane {
    struct past *past;  /* its own: as it was when a pause began; or NULL */
    struct wall cursor; /* slots up to here are decided */
    struct wall due;    /* what the agenda has of it */
    struct wall paused_until; /* EVER_MS: it is not paused */
    struct wall paused_to;    /* the end of the last pause */
    struct wall started;      /* the last run; EVER_MS: none */
    struct mono ill_at;       /* when a call of it last failed, and somebody was
                               * there */
    uint32_t newest;          /* run that goes on, or NO_INDEX */
    uint32_t going;           /* how many do: they wait, are claimed or live */
    uint32_t making_up;       /* of them, those of old slots */
    uint32_t claiming;        /* likewise, those whose claim is not durable */
    uint32_t heir;            /* a run, or NO_INDEX */
    uint32_t unwritten; /* the run of its newest slot, which waits and has no
                         * row: the cursor that is written stops before it; or
                         * NO_INDEX */
    uint32_t held, held_first, held_last; /* runs; none: NO_INDEX */
    uint32_t reclaimed;   /* of those held: that another life had claimed */
    uint32_t catching_up; /* of those held: that a newer slot may replace */
    uint32_t line_next;   /* the next lane that holds some, or NO_INDEX */
    uint32_t fails, runs;
    uint32_t circuit; /* or NO_INDEX */
    uint32_t stamp;   /* of its entry in the agenda */
    bool scheduled;
    bool behind; /* the first slot after the cursor is due */
    bool absent; /* likewise, whatever the others lived through since then: the
                  * cursor is of another life */
    bool fresh;  /* scheduled since the last swap, and not before */
    bool in_line;
};

struct lanes {
    struct lane *lanes; /* by job of the set in force */
    uint32_t count;
    uint32_t line_first, line_last;   /* lanes that hold runs */
    uint32_t held;                    /* runs, of all lanes */
    struct mono held_at, held_looked; /* the next look; the last one that began
                                       * a run, or was a long one */
    bool memory_over; /* what the store remembered has been used, or is old */
};

/* ---- jobs that have gone (away.c) ---- */

struct away_job {
    char *name;
    struct wall started, paused_until;
    uint32_t fails, runs;
    bool back; /* it has come back, and is forgotten at the next swap */
};

struct away {
    struct away_job *jobs; /* in the order of their names */
    uint32_t count;
};
/* Files that make up names at each load are no reason to grow without end; of
 * jobs beyond only the store knows, in the next life. */
#define AWAY_MAX 4096

/* ---- circuits (circuit.c) ---- */

struct circuit {
    char *origin; /* "": BACKEND_URL's */
    struct breaker breaker;
    uint32_t fails;       /* in a row; of the last of them: */
    enum trouble trouble; /* or TROUBLE_NONE: the last call was answered */
    enum cause cause;
    uint16_t status;
    struct mono good_at; /* the last answer that was good */
    struct wall opened;  /* EVER_MS: it is closed */
    enum trouble told;   /* as which it was last said to be open, or
                          * TROUBLE_NONE */
    struct mono told_at;
    uint32_t times; /* that it opened since then */
};
#define CIRCUITS_MAX 1024 /* origins beyond have none: calls just fail */

struct circuits {
    struct circuit *circuits;
    uint32_t count;
    /* By origin: open addressing, index + 1, at most half full. */
    uint16_t slots[2 * CIRCUITS_MAX];
};

/* Between two times that it is said to have opened: what flaps does so a few
 * times a minute, and who reads the log wants to read other things, too. */
#define CIRCUIT_TOLD_MS (10 * 60000)

/* ---- what is due (due.c) ---- */

/* Of a job's due slots, those that are run: newest first. */
struct choice {
    struct wall newest;
    bool fresh; /* the newest is run as on any day */
    uint32_t count;
    struct wall kept[CATCH_UP_SLOTS_MAX];
};

/* ---- who waits for a reload (asker.c) ---- */

enum asker_wait { WAIT_FETCH, WAIT_LOAD };

struct asker {
    uint64_t id;
    enum asker_wait wait;
    uint32_t ticket; /* the first fetch or load that will do */
    bool webhook;    /* gives way to a newer one */
};

/* Of no consequence for what is fetched and loaded: who is not kept here is
 * only not told. */
struct askers {
    struct asker places[CORE_ASKERS_MAX];
    uint32_t count;
};

/* ---- the handover of a reload (handover.c) ---- */

/* When fetches, and when loads, were begun and asked for. */
struct pace {
    struct mono last, before; /* the last one began, and the one before it */
    struct mono asked;        /* since the last one; LONG_AGO: nobody did */
};

/* What is to be done once a fetch has come. */
struct errand {
    bool load;  /* though it says nothing new: somebody asked */
    bool force; /* load though the file is the same, believe older Settings */
};

struct overlay {
    bool active;
    struct claim_of_change claim;
    struct mono since;
};

struct handover {
    struct facts backend; /* the last that the backend, or the disk, said */
    bool known;           /* `backend` came from the backend */
    struct overlay overlay;
    struct facts in_force; /* what the set in force was loaded with */
    bool unconfirmed;      /* and whether a webhook had its say in that */

    bool fetching, booting;
    uint32_t fetches; /* started; the one in flight has this number */
    struct errand errand, errand_next; /* of that one; of the one after it */
    struct mono fetch_at, version_at;
    struct pace fetch_pace;
    uint32_t failures;

    bool loading, load_wanted, load_force;
    uint32_t loads; /* started; likewise */
    struct pace load_pace;
    struct facts tried; /* what the last load was given */
    bool tried_unconfirmed;
    uint32_t generations; /* numbers given out */

    struct askers askers;
};

/* ---- the whole ---- */

/* In force, and the ones that finish their runs: the oldest is cut short where
 * there are more, so that no storm of reloads piles up script hosts. */
#define TENURES_DRAINING_MAX 8

struct tenure {
    uint32_t generation;
    struct jobset *set;
    uint32_t runs; /* that point into the set */
    bool cut;      /* its runs were cancelled */
    bool retired;  /* swept by the next step: actions still point into it */
};

struct core {
    struct core_config config;
    struct now now; /* of the last step */
    struct past past;
    struct agenda agenda;   /* on wall: id is the job's index */
    struct tenure *tenures; /* oldest first; the last one is in force */
    uint32_t tenure_count;
    struct wall in_force_since;
    struct lanes lanes;
    struct away away;
    struct runs runs;
    struct circuits circuits;
    struct choice choice; /* scratch of due.c and order.c */
    struct handover handover;
    uint64_t random;
    bool *adopted;           /* by run of config.memory */
    bool *lanes_adopted;     /* by lane of it */
    struct wall manual_last; /* the newest key that was given to one */
    struct wall began;
    bool store_ill;         /* no claim can be written: nothing is fired */
    struct wall store_well; /* since when it is not */
    bool leapt;             /* the clock was set forward at this step */
    bool stopping, leaving;
    struct mono stop_at;
    struct update *out; /* during a step */
};

struct action *core_act(struct core *core, enum action_kind kind);

/* ---- tenure.c ---- */

/* The one in force, or NULL; and any one, which must be there. */
struct tenure *tenure_in_force(const struct core *core);
struct tenure *tenure_of(const struct core *core, uint32_t generation);
/* A run of this tenure is over: it retires with the last. */
void tenure_leave(struct core *core, uint32_t generation);
/* At the beginning of a step: its caller has read the actions of the one
 * before, and what they pointed into may go. */
void tenures_sweep(struct core *core);
/* Puts `set` in force, whose reference is the core's from here on, and tells
 * what that changes. */
void tenure_begin(struct core *core, struct jobset *set, uint32_t generation,
                  struct reload_report *ret_report);
void tenures_close(struct core *core);

/* ---- lane.c ---- */

struct lane *lane_at(const struct core *core, uint32_t index);
const struct job *lane_job(const struct core *core, uint32_t index);
/* The first slot after `after`, and the last at or before `at`, of those that
 * are undecided. */
struct wall lane_next(const struct core *core, uint32_t index,
                      struct wall after);
struct wall lane_last(const struct core *core, uint32_t index, struct wall at);
/* What the agenda has of the lane: its next slot, or the end of its pause. */
struct wall lane_due(const struct core *core, uint32_t index);
bool lane_paused(const struct core *core, uint32_t index);
/* The last run began so short before `at` that the job wants no other yet. */
bool lane_too_soon(const struct core *core, uint32_t index, struct wall at);
/* The run goes on from here, or does no more. */
void lane_add(struct core *core, struct run *run);
void lane_remove(struct core *core, const struct run *run);
/* Its job lets another run begin beside those that go on. */
bool lane_has_room(const struct core *core, uint32_t index);
const struct past *lane_past(const struct core *core, uint32_t index);
/* From here on the lane does not go with time, until lane_resume() and the end
 * of what was due meanwhile, lane_catch(). */
void lane_pause(struct core *core, uint32_t index, struct wall until);
/* The pause is over at `at`: what was due meanwhile is due now. */
void lane_resume(struct core *core, uint32_t index, struct wall at);
void lane_catch(struct core *core, uint32_t index);
/* Before a swap: jobs that have no slots in `set` leave nothing behind. */
void lanes_leave(struct core *core, const struct jobset *set);
/* After it: lanes of the new set, with what the old ones knew. */
void lanes_move(struct core *core, const struct jobset *before);
/* The clock was set: what a lane is behind by may not have come yet. */
void lanes_leap(struct core *core, int64_t by_ms);
void lanes_close(struct lanes *lanes);
void agenda_fill(struct core *core);
/* The lane's entry is another from now on; of its first entry, which is the
 * lane's: it is due then. */
void agenda_renew(struct core *core, uint32_t index);
void agenda_postpone(struct core *core, uint32_t index, struct wall due);

/* ---- away.c ---- */

/* After a swap: what jobs of `before` that are not in the set in force have
 * lived through. */
void away_keep(struct core *core, const struct jobset *before,
               const struct lanes *old);
/* The job was not in the set before: whether it was in one before that; then
 * its lane knows what it knew. */
bool away_return(struct core *core, uint32_t index);
void away_close(struct away *away);

/* ---- due.c ---- */

void due_turn(struct core *core);
/* Which of the slots from `first` on are run, into core->choice. */
void due_choose(struct core *core, uint32_t index, struct wall first);
/* A slot of job `index` is run now, or waits, or is passed over. */
void due_run(struct core *core, uint32_t index, struct wall slot);
/* The lane's pause is over at `until`, and when its next turn is. What was due
 * meanwhile is decided before that is told: whoever reads only the first half
 * finds a job that is paused still, and not one whose slots nobody was there
 * for. What is run now is claimed after it. */
struct wall due_resume(struct core *core, uint32_t index, struct wall until,
                       const char *by, const char *reason);
/* The job goes: what was due and undecided, since it is paused or the store is
 * ill, is missed. */
void due_forgo(struct core *core, uint32_t index);
/* Tells one slot without a run. */
void due_pass(struct core *core, uint32_t index, struct wall slot,
              enum why why);

/* ---- held.c ---- */

/* A new run is to be made up; says ACT_WAIT where its row is not there yet. */
void held_add(struct core *core, struct run *run);
/* Backfills of the lane that wait for their turn are taken back, up to
 * BACKFILL_SLOTS_MAX of them, and counted in the report. */
void held_cancel(struct core *core, uint32_t index,
                 struct order_report *report);
/* Slots that wait to be caught up are missed: a newer one takes their place. */
void held_supersede(struct core *core, uint32_t index);
/* A run is about to be claimed: what another life had claimed of the lane, and
 * waits to be tried again, is unknown from now on. */
void held_settle(struct core *core, uint32_t index);
/* Begins the next one, where its time has come. */
void held_turn(struct core *core);
struct mono held_deadline(const struct core *core);
/* A run has ended: somebody may have waited for it. */
void held_soon(struct core *core);
void held_move(struct core *core, const struct lanes *old);

/* ---- place.c ---- */

/* A place for a run, none of whose fields but the id is set; and back. Places
 * move when one is added. */
struct run *place_new(struct runs *runs);
void place_free(struct runs *runs, struct run *run);
/* NULL: it is over. */
struct run *run_find(struct runs *runs, struct run_id id);
uint32_t run_place(const struct run *run);
/* Which of all that had its place. */
uint32_t run_serial(const struct run *run);

/* ---- timer.c ---- */

enum timer { TIMER_WAIT, TIMER_TIMEOUT, TIMER_REST, TIMER_NAP, TIMERS };

/* One at a time, but for a nap. */
void run_arm(struct core *core, struct run *run, enum timer timer,
             int64_t delay_ms);
void run_nap(struct core *core, struct run_id id, uint32_t call,
             int64_t nap_ms);
/* Those whose time has come. */
void run_timers(struct core *core);

/* ---- wait.c ---- */

/* It waits: says ACT_WAIT, unless its row is there, or need not be yet. */
void run_wait(struct core *core, struct run *run);
/* It waits, and has no row yet. */
bool run_is_unwritten(const struct core *core, const struct run *run);
/* Before the lane's cursor goes further: its newest slot, where that waits and
 * has no row, gets one. */
void lane_settle(struct core *core, uint32_t index);
/* The slot is behind its lane's cursor from now on: what an entry that goes
 * with the run writes as cursor. */
struct wall cursor_moved(struct core *core, const struct run *run);

/* ---- run.c ---- */

struct run *run_new(struct core *core, uint32_t index, struct run_key key,
                    enum trigger trigger);
/* Whether it counts against the overlap of its job, and takes up room in its
 * group. */
bool run_is_going(const struct run *run);
bool run_has_room(const struct run *run);
/* The run as others see it; and an action with that in it. */
struct run_note run_note(const struct run *run);
struct run_note *run_tell(struct core *core, const struct run *run,
                          enum action_kind kind);
/* It may run as far as its own job goes: waits for its group, or begins. */
void run_admit(struct core *core, struct run *run);
void run_begin(struct core *core, struct run *run);
void run_claimed(struct core *core, const struct event *event);
/* Starts one, unless the circuit of its origin is open. */
void run_attempt(struct core *core, struct run *run);
/* It is, or was, about to be claimed: one more, or less, of its lane. */
void run_count_claim(struct core *core, const struct run *run, int by);
void run_close(struct runs *runs);

/* ---- cut.c ---- */

/* Ends what has begun of `generation`; 0: of all. Walks all places: for a
 * reload, and for the end. */
void run_cancel(struct core *core, uint32_t generation, enum why why,
                const char *because);
/* A newer slot of the lane is due: ends what goes on of it, but for runs by
 * hand, and nothing that begins meanwhile. */
void run_replace(struct core *core, uint32_t index);
/* Passes over, or leaves to the next life, what is not under way. */
void run_forget_idle(struct core *core);
/* Likewise whose claim cannot be written: nothing of it was sent. */
void run_forget_claims(struct core *core);

/* ---- answer.c ---- */

void run_answered(struct core *core, const struct event *event);
/* Its answer is still awaited. */
void run_cancel_one(struct core *core, struct run *run, enum why why,
                    const char *because);
/* Its rest is over: another attempt, or another question after a 202. */
void run_rested(struct core *core, struct run *run);
void run_wake(struct core *core, struct run *run);

/* ---- ending.c ---- */

/* Where nothing of the lane goes on any more, its heir is admitted. */
void lane_free(struct core *core, uint32_t index);
/* Tells its verdict, and lets it go. */
void run_finish(struct core *core, struct run *run, const struct ending *ending,
                enum why why);
/* It never began: tells its slot as passed over, and lets it go. */
void run_pass(struct core *core, struct run *run, enum verdict verdict,
              enum why why);
/* Lets it go without a verdict: its row is as it should be, but for an attempt
 * that is handed on. */
void run_drop(struct core *core, struct run *run);
/* It was claimed, and is not begun after all. */
void run_refuse(struct core *core, struct run *run, enum verdict verdict,
                enum why why);

/* ---- moving.c ---- */

/* After a swap: runs move to the lanes and queues of the new set. */
void run_move(struct core *core);
/* The lane that the set in force has for it, and its group; its job's place
 * becomes that of the new generation where nothing was started. */
void run_place_in(struct run *run, const struct jobset *set);
void run_renew(struct core *core, struct run *run);

/* ---- queue.c ---- */

void queue_push(struct runs *runs, struct run *run);
struct run *queue_pop(struct runs *runs, struct queue *queue);
bool queue_full(const struct queue *queue);
/* Begins what waits, while there is room. */
void queue_fill(struct core *core, uint32_t group);
struct queue *queues_new(const struct jobset *set, uint32_t *ret_count);
/* NULL where the run, or the job, has no group. */
struct queue *queue_of(struct core *core, uint32_t group);

/* ---- circuit.c ---- */

/* What the job calls has one from here on; NO_INDEX: it has none, since a
 * script is no origin, or for want of a place. */
uint32_t circuit_find(struct core *core, const struct job *job);
/* A call of the lane would be held back now. */
bool circuit_holds(const struct core *core, uint32_t index);
/* Whether an attempt may be sent; notes in the run by what right. */
bool circuit_admits(struct core *core, struct run *run);
void circuit_tell(struct core *core, struct run *run,
                  const struct event *answer);
/* It was not sent, or cancelled: that says nothing of the origin. */
void circuit_release(struct core *core, struct run *run);
void circuits_close(struct circuits *circuits);

/* ---- adopt.c ---- */

/* What the store remembers of job `index`, whether it has slots here or not:
 * its failures, its runs, its pause. */
void adopt_life(struct core *core, uint32_t index);
/* Where its slots go on; false: nothing is known of any. */
bool adopt_cursor(struct core *core, uint32_t index);
/* Runs without a verdict are still to be adopted; by a spare never. */
bool adopt_pending(const struct core *core);
/* Runs without a verdict go on where the set in force has their jobs. */
void adopt_runs(struct core *core);
/* Settings are known: what was not used by now is old. The first time that is
 * told of its runs; adopt_settle() is where no swap tells it of its lanes. */
void adopt_end(struct core *core);
void adopt_settle(struct core *core);

/* ---- order.c ---- */

void order_take(struct core *core, const struct order *order);

/* ---- asker.c ---- */

/* A report of nothing done. */
struct reload_report asker_report(const struct core *core,
                                  enum reload_outcome outcome);
/* Tells one; id 0 is nobody. */
void asker_reply(struct core *core, uint64_t id,
                 const struct reload_report *report);
/* Keeps one until asker_reply_all(), or tells it that there is no place. */
void asker_add(struct core *core, const struct event *event,
               enum asker_wait wait);
/* Tells every asker who waits for this ticket, and lets them go. */
void asker_reply_all(struct core *core, enum asker_wait wait, uint32_t ticket,
                     const struct reload_report *report);
/* The fetch has come: who waited for it waits for the load of what it said. */
void asker_advance(struct core *core);

void handover_begin(struct core *core);
void handover_ask(struct core *core, const struct event *event);
void handover_fetched(struct core *core, const struct event *event);
void handover_loaded(struct core *core, const struct event *event);
void handover_version(struct core *core);
/* Starts the fetch or the load whose time has come. */
void handover_turn(struct core *core);
void handover_stop(struct core *core);
/* When handover_turn() has something to do. */
struct mono handover_deadline(const struct core *core);

#endif
