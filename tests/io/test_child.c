/* A child is a real process: this program itself, which behaves as the first
 * frame tells it where it finds an empty environment.
 *
 * Each test runs the loop until nothing is open on it, and counts. */
#include "mooncron/child.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "mooncron/wire.h"

#define PATIENCE_S 120 /* then a test that hangs is killed */

/* What the child is told to be. */
enum part {
    PART_ECHO = 1, /* sends back what comes, in single bytes */
    PART_BULK,     /* sends the largest frame, then BULK_FRAMES small ones */
    PART_NONSENSE, /* sends a frame and a length that is none */
    PART_DEAF,     /* stays when the socket closes */
    PART_EXIT,     /* says a word and exits with 3 */
    PART_SIGNAL,   /* ends by SIGTERM */
    PART_HALF,     /* sends half a frame and leaves */
    PART_REPORT,   /* tells what it was given */
    PART_ASKED,    /* hears SIGUSR1 from now on, and says so when it comes */
};

#define BULK_FRAMES 100000

/* ---- the child ---- */

static void child_write(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(3, bytes, len);
        if (wrote <= 0)
            _exit(90);
        bytes += wrote;
        len -= (size_t)wrote;
    }
}

static void child_say(const char *bytes, size_t len)
{
    struct text text;
    text_init(&text, WIRE_FRAME_MAX + 64);
    wire_begin(&text, 7);
    wire_string(&text, bytes, len);
    if (!wire_end(&text, 0))
        _exit(91);
    child_write(text.data, text.len);
    text_close(&text);
}

static void part_echo(void)
{
    char bytes[4096];
    ssize_t count;
    while ((count = read(3, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < count; i++)
            child_write(bytes + i, 1);
}

static void part_bulk(void)
{
    size_t len = WIRE_FRAME_MAX - 5; /* with its type and its length */
    char *bytes = calloc(1, len);
    memset(bytes, 'x', len);
    child_say(bytes, len);
    for (int i = 0; i < BULK_FRAMES; i++)
        child_say(bytes, 200);
    free(bytes);
}

static unsigned open_files(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 3; /* ".", ".." and the folder's own */
}

static bool is_null_device(int fd)
{
    struct stat found;
    return !fstat(fd, &found) && S_ISCHR(found.st_mode) &&
           found.st_rdev == makedev(1, 3);
}

static void part_report(void)
{
    bool empty = is_null_device(0) && is_null_device(1) && is_null_device(2);
    const char report[2] = { (char)('0' + open_files()), empty ? 'y' : 'n' };
    child_say(report, sizeof report);
}

static void on_asked(int number)
{
    (void)number;
    child_say("asked", 5);
    _exit(0);
}

static void part_asked(void)
{
    sigset_t asked;
    signal(SIGUSR1, on_asked);
    sigemptyset(&asked);
    sigaddset(&asked, SIGUSR1);
    sigprocmask(SIG_UNBLOCK, &asked, NULL);
    for (;;)
        pause();
}

static int play(void)
{
    char order[5];
    size_t have = 0;
    while (have < sizeof order) {
        ssize_t count = read(3, order + have, sizeof order - have);
        if (count <= 0)
            return 92;
        have += (size_t)count;
    }
    const char nonsense[4] = { '\xff', '\xff', '\xff', '\xff' };
    const char half[6] = { 100, 0, 0, 0, 7, 'h' };
    switch ((enum part)order[4]) {
    case PART_ECHO:
        part_echo();
        return 0;
    case PART_BULK:
        part_bulk();
        return 0;
    case PART_NONSENSE:
        child_say("word", 4);
        child_write(nonsense, sizeof nonsense);
        for (;;)
            pause();
    case PART_DEAF:
        child_say("word", 4);
        for (;;)
            pause();
    case PART_EXIT:
        child_say("word", 4);
        return 3;
    case PART_SIGNAL:
        raise(SIGTERM);
        return 93;
    case PART_HALF:
        child_write(half, sizeof half);
        return 0;
    case PART_REPORT:
        part_report();
        return 0;
    case PART_ASKED:
        part_asked();
    }
    return 94;
}

/* ---- the account ---- */

struct account {
    struct child *child;
    unsigned frames, ended;
    unsigned close_after; /* frames; 0: never closed by us */
    bool kill_after_one;
    size_t bytes;
    char first[64]; /* the string of the first frame, where it is short */
    char how[64];
    char *wanted; /* every frame must be this one, where it is set */
    size_t wanted_len;
};

static void on_frame(void *data, char *frame, size_t len)
{
    struct account *account = data;
    assert_int_equal(account->ended, 0);
    if (account->wanted) {
        assert_int_equal(len, account->wanted_len);
        assert_memory_equal(frame, account->wanted, len);
    }
    account->bytes += len;
    if (account->frames++ == 0 && len < sizeof account->first) {
        struct wire_reader in;
        wire_open(&in, frame, len);
        struct slice word = wire_read_string(&in);
        assert_true(wire_done(&in));
        memcpy(account->first, word.bytes, word.len);
    }
    if (account->frames == account->close_after)
        child_close(account->child);
    if (account->kill_after_one)
        child_kill(account->child);
}

static void on_ended(void *data, const char *how)
{
    struct account *account = data;
    account->ended++;
    strncpy(account->how, how, sizeof account->how - 1);
}

static const struct child_events events = { on_frame, on_ended };

static void own_path(char *buffer, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", buffer, size - 1);
    assert_true(len > 0);
    buffer[len] = '\0';
}

static void begin(uv_loop_t *loop, struct account *account, enum part part)
{
    char path[4096];
    own_path(path, sizeof path);
    struct error error;
    account->child = child_spawn(loop, path, &events, account, &error);
    if (!account->child)
        fail_msg("%s", error.text);
    const char order[5] = { 1, 0, 0, 0, (char)part };
    child_send(account->child, order, sizeof order);
}

/* Until nothing is open: then every child has ended, once, and was reaped. */
static void settle(uv_loop_t *loop, const struct account *account)
{
    assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(account->ended, 1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static uv_loop_t *loop_of(void **state)
{
    return *state;
}

static int loop_open(void **state)
{
    *state = calloc(1, sizeof(uv_loop_t));
    return uv_loop_init(*state);
}

static int loop_end(void **state)
{
    int status = uv_loop_close(*state);
    free(*state);
    return status;
}

/* ---- frames ---- */

static void test_echo_in_bytes(void **state)
{
    struct text text;
    text_init(&text, 4096);
    wire_begin(&text, 9);
    wire_cstring(&text, "hello, is this whole?");
    assert_true(wire_end(&text, 0));
    struct account account = { .wanted = text.data,
                               .wanted_len = text.len,
                               .close_after = 3 };
    begin(loop_of(state), &account, PART_ECHO);
    for (int i = 0; i < 3; i++)
        child_send(account.child, text.data, text.len);
    settle(loop_of(state), &account);
    assert_int_equal(account.frames, 3);
    assert_string_equal(account.first, "hello, is this whole?");
    assert_string_equal(account.how, "exited with 0");
    text_close(&text);
}

/* More than the socket holds: the rest is queued, in order. */
static void test_send_more_than_fits(void **state)
{
    enum { LEN = 100000, COUNT = 40 };
    struct text text;
    text_init(&text, LEN + 64);
    wire_begin(&text, 9);
    char *bytes = malloc(LEN);
    for (size_t i = 0; i < LEN; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    wire_string(&text, bytes, LEN);
    assert_true(wire_end(&text, 0));
    struct account account = { .wanted = text.data,
                               .wanted_len = text.len,
                               .close_after = COUNT };
    begin(loop_of(state), &account, PART_ECHO);
    for (int i = 0; i < COUNT; i++)
        child_send(account.child, text.data, text.len);
    settle(loop_of(state), &account);
    assert_int_equal(account.frames, COUNT);
    free(bytes);
    text_close(&text);
}

static void test_bulk(void **state)
{
    struct account account = { 0 };
    begin(loop_of(state), &account, PART_BULK);
    settle(loop_of(state), &account);
    assert_int_equal(account.frames, 1 + BULK_FRAMES);
    assert_int_equal(account.bytes,
                     WIRE_FRAME_MAX + 4 + (size_t)BULK_FRAMES * (9 + 200));
    assert_string_equal(account.how, "exited with 0");
}

static void test_nonsense(void **state)
{
    struct account account = { 0 };
    begin(loop_of(state), &account, PART_NONSENSE);
    settle(loop_of(state), &account);
    assert_int_equal(account.frames, 1);
    assert_string_equal(account.first, "word");
    assert_string_equal(account.how,
                        "sent bytes that are no frame and was killed");
}

static void test_half_a_frame(void **state)
{
    struct account account = { 0 };
    begin(loop_of(state), &account, PART_HALF);
    settle(loop_of(state), &account);
    assert_int_equal(account.frames, 0);
    assert_string_equal(account.how, "exited with 0");
}

/* ---- ends ---- */

static void test_exit_code(void **state)
{
    struct account account = { 0 };
    begin(loop_of(state), &account, PART_EXIT);
    settle(loop_of(state), &account);
    assert_int_equal(account.frames, 1);
    assert_string_equal(account.how, "exited with 3");
}

static void test_signal(void **state)
{
    struct account account = { 0 };
    begin(loop_of(state), &account, PART_SIGNAL);
    settle(loop_of(state), &account);
    assert_string_equal(account.how, "was killed by signal 15 (Terminated)");
}

/* It hears of the end, stays, and is given its grace, no less. */
static void test_deaf(void **state)
{
    struct account account = { .close_after = 1 };
    begin(loop_of(state), &account, PART_DEAF);
    uint64_t start = uv_hrtime();
    settle(loop_of(state), &account);
    assert_true(uv_hrtime() - start >=
                (CHILD_GRACE_MS - 1) * UINT64_C(1000000));
    assert_string_equal(account.how, "was killed by signal 9 (Killed)");
}

static void test_kill(void **state)
{
    struct account account = { .kill_after_one = true };
    begin(loop_of(state), &account, PART_DEAF);
    settle(loop_of(state), &account);
    assert_int_equal(account.frames, 1);
    assert_string_equal(account.how, "was killed by signal 9 (Killed)");
}

/* Asked before it is ready to be, it answers when it is. */
static void test_ask(void **state)
{
    struct account account = { 0 };
    begin(loop_of(state), &account, PART_ASKED);
    child_ask(account.child);
    settle(loop_of(state), &account);
    assert_string_equal(account.first, "asked");
    assert_string_equal(account.how, "exited with 0");
}

/* Closed before it was ready to hear anything: it reads the end and leaves. */
static void test_close_at_once(void **state)
{
    struct account account = { 0 };
    begin(loop_of(state), &account, PART_ECHO);
    child_close(account.child);
    child_close(account.child);
    child_send(account.child, "dropped", 7);
    settle(loop_of(state), &account);
    assert_int_equal(account.frames, 0);
}

/* ---- the beginning ---- */

static void test_given_nothing_else(void **state)
{
    int stray = dup(STDERR_FILENO); /* not marked to be closed by exec */
    struct account account = { 0 };
    begin(loop_of(state), &account, PART_REPORT);
    settle(loop_of(state), &account);
    close(stray);
    assert_string_equal(account.first, "4y");
}

static void test_no_such_program(void **state)
{
    struct account account = { 0 };
    struct error error = { "" };
    assert_null(child_spawn(loop_of(state), "/nonexistent/host", &events,
                            &account, &error));
    assert_non_null(strstr(error.text, "/nonexistent/host"));
    assert_non_null(strstr(error.text, "No such file"));
    assert_int_equal(uv_run(loop_of(state), UV_RUN_DEFAULT), 0);
    assert_int_equal(account.ended, 0);
}

static void test_program(void **state)
{
    (void)state;
    char path[4096];
    struct error error = { "" };
    setenv("MOONCRON_SCRIPT_HOST", "/bin/sh", 1);
    assert_true(child_program(path, sizeof path, &error));
    assert_string_equal(path, "/bin/sh");
    setenv("MOONCRON_SCRIPT_HOST", "/nonexistent/host", 1);
    assert_false(child_program(path, sizeof path, &error));
    assert_non_null(strstr(error.text, "/nonexistent/host"));
    unsetenv("MOONCRON_SCRIPT_HOST");
}

static void test_nothing_is_left(void **state)
{
    unsigned before = 0;
    for (int i = 0; i < 200; i++) {
        struct account account = { .close_after = 1 };
        begin(loop_of(state), &account, i % 2 ? PART_EXIT : PART_ECHO);
        if (i % 2 == 0)
            child_close(account.child);
        settle(loop_of(state), &account);
        if (i == 0) /* the loop has what it keeps for children */
            before = open_files();
    }
    assert_int_equal(open_files(), before);
}

#define on_loop(test) cmocka_unit_test_setup_teardown(test, loop_open, loop_end)

int main(void)
{
    if (!environ[0])
        _exit(play());
    alarm(PATIENCE_S);
    signal(SIGPIPE, SIG_IGN);
    unsetenv("MOONCRON_SCRIPT_DEBUG");
    const struct CMUnitTest tests[] = {
        on_loop(test_echo_in_bytes),
        on_loop(test_send_more_than_fits),
        on_loop(test_bulk),
        on_loop(test_nonsense),
        on_loop(test_half_a_frame),
        on_loop(test_exit_code),
        on_loop(test_signal),
        on_loop(test_deaf),
        on_loop(test_kill),
        on_loop(test_ask),
        on_loop(test_close_at_once),
        on_loop(test_given_nothing_else),
        on_loop(test_no_such_program),
        on_loop(test_nothing_is_left),
        cmocka_unit_test(test_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
