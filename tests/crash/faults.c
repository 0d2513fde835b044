/* Faults for the real program: a library that is loaded before the C library
 * and stands before its system calls.
 *
 * strace can do most of this, but counts the calls of each thread and of each
 * name by themselves: the N-th call of a second thread is never reached where
 * the first has died of its own N-th, and half a write cannot be asked for.
 * Here one count goes over all threads, and it begins when the driver says so.
 *
 * The real functions are looked up once, before there is a second thread.
 * dlsym(3) takes the loader's lock and is not for signal handlers
 * (signal-safety(7)); libuv's handler writes. Looked up at each call, it
 * stopped the loop for ever where a signal came between two instructions of
 * that lock.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "board.h"

/* Where a word has 64 bits the names with a 64 are the same functions. */
_Static_assert(sizeof(off_t) == 8, "open64() and its like are others here");
#define SAME_AS(name) __attribute__((alias(name)))

/* The one thing that every thread shares: set before there is a second. */
static struct board *board;

/* clang-format off */
#define FOR_EACH_CALL(DO)                                                      \
    DO(open) DO(write) DO(pwrite) DO(read) DO(pread) DO(fdatasync) DO(fsync)   \
    DO(ftruncate) DO(unlink) DO(rename) DO(mkdir) DO(flock) DO(fcntl) DO(send) \
    DO(sendmsg) DO(recv) DO(recvmsg) DO(socket) DO(socketpair) DO(accept4)     \
    DO(accept) DO(pipe2) DO(eventfd) DO(timerfd_create) DO(epoll_create1)
/* clang-format on */

#define DECLARE(name) __typeof__(&name) name;
#define FIND(name)    real.name = (__typeof__(&name))dlsym(RTLD_NEXT, #name);

static struct {
    FOR_EACH_CALL(DECLARE)
} real;

static void real_find(void)
{
    FOR_EACH_CALL(FIND)
}

/* Constructors of other libraries may come before ours. */
#define REAL(name) (real.name ? real.name : (real_find(), real.name))

__attribute__((constructor)) static void board_open(void)
{
    real_find();
    const char *path = getenv(BOARD_VARIABLE);
    int fd = path ? REAL(open)(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *page =
        mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (page != MAP_FAILED)
        board = page;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* What becomes of a call. DEED_TEAR is left to who has the bytes. */
static enum deed deed_for(unsigned classes, const char *name)
{
    if (!board || !atomic_load(&board->armed) || !(classes & board->classes))
        return DEED_NONE;
    uint64_t number = atomic_fetch_add(&board->seen, 1) + 1;
    if (number < board->at || number - board->at >= board->times)
        return DEED_NONE;
    if (!atomic_fetch_add(&board->hits, 1))
        strncpy(board->call, name, sizeof board->call - 1);
    if (board->deed == DEED_KILL)
        die();
    return board->deed;
}

static bool is_failure(enum deed deed)
{
    if (deed != DEED_FAIL)
        return false;
    errno = board->error;
    return true;
}

static bool fails(unsigned classes, const char *name)
{
    return is_failure(deed_for(classes, name));
}

static bool is_file(int fd)
{
    struct stat st;
    return !fstat(fd, &st) && S_ISREG(st.st_mode);
}

static unsigned class_of_write(int fd)
{
    return is_file(fd) ? CALL_KEEPS | CALL_WRITES : CALL_TALKS;
}

static unsigned class_of_read(int fd)
{
    return is_file(fd) ? CALL_READS : CALL_TALKS;
}

static unsigned class_of_open(int flags)
{
    return (flags & (O_CREAT | O_TRUNC) ? CALL_KEEPS : CALL_READS) | CALL_OPENS;
}

/* ---- files ---- */

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return fails(class_of_open(flags), "open") ? -1
                                               : REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) SAME_AS("open");

ssize_t write(int fd, const void *bytes, size_t size)
{
    enum deed deed = deed_for(class_of_write(fd), "write");
    if (deed == DEED_TEAR) {
        REAL(write)(fd, bytes, size / 2);
        die();
    }
    return is_failure(deed) ? -1 : REAL(write)(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    enum deed deed = deed_for(class_of_write(fd), "pwrite");
    if (deed == DEED_TEAR) {
        REAL(pwrite)(fd, bytes, size / 2, at);
        die();
    }
    return is_failure(deed) ? -1 : REAL(pwrite)(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at)
    SAME_AS("pwrite");

ssize_t read(int fd, void *bytes, size_t size)
{
    return fails(class_of_read(fd), "read") ? -1 : REAL(read)(fd, bytes, size);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t at)
{
    return fails(CALL_READS, "pread") ? -1 : REAL(pread)(fd, bytes, size, at);
}

ssize_t pread64(int fd, void *bytes, size_t size, off_t at) SAME_AS("pread");

int fdatasync(int fd)
{
    return fails(CALL_KEEPS, "fdatasync") ? -1 : REAL(fdatasync)(fd);
}

int fsync(int fd)
{
    return fails(CALL_KEEPS, "fsync") ? -1 : REAL(fsync)(fd);
}

int ftruncate(int fd, off_t size)
{
    return fails(CALL_KEEPS, "ftruncate") ? -1 : REAL(ftruncate)(fd, size);
}

int ftruncate64(int fd, off_t size) SAME_AS("ftruncate");

int unlink(const char *path)
{
    return fails(CALL_KEEPS, "unlink") ? -1 : REAL(unlink)(path);
}

int rename(const char *from, const char *to)
{
    return fails(CALL_KEEPS, "rename") ? -1 : REAL(rename)(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    return fails(CALL_KEEPS, "mkdir") ? -1 : REAL(mkdir)(path, mode);
}

int flock(int fd, int operation)
{
    return fails(CALL_READS, "flock") ? -1 : REAL(flock)(fd, operation);
}

/* Locks of a file, and copies of a descriptor; the rest is not counted. */
static unsigned class_of_fcntl(int command)
{
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return CALL_OPENS;
    case F_SETLK:
    case F_SETLKW:
    case F_GETLK:
        return CALL_READS;
    default:
        return 0;
    }
}

/* Every argument of fcntl(2) is a word. */
int fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return fails(class_of_fcntl(command), "fcntl")
               ? -1
               : REAL(fcntl)(fd, command, argument);
}

int fcntl64(int fd, int command, ...) SAME_AS("fcntl");

/* ---- sockets and pipes ---- */

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    return fails(CALL_TALKS, "send") ? -1 : REAL(send)(fd, bytes, size, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return fails(CALL_TALKS, "sendmsg") ? -1
                                        : REAL(sendmsg)(fd, message, flags);
}

ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
    return fails(CALL_TALKS, "recv") ? -1 : REAL(recv)(fd, bytes, size, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    return fails(CALL_TALKS, "recvmsg") ? -1
                                        : REAL(recvmsg)(fd, message, flags);
}

/* ---- descriptors ---- */

int socket(int domain, int type, int protocol)
{
    return fails(CALL_OPENS, "socket") ? -1
                                       : REAL(socket)(domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int pair[2])
{
    return fails(CALL_OPENS, "socketpair")
               ? -1
               : REAL(socketpair)(domain, type, protocol, pair);
}

int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    return fails(CALL_OPENS, "accept4")
               ? -1
               : REAL(accept4)(fd, address, size, flags);
}

int accept(int fd, struct sockaddr *address, socklen_t *size)
{
    return fails(CALL_OPENS, "accept") ? -1 : REAL(accept)(fd, address, size);
}

int pipe2(int pair[2], int flags)
{
    return fails(CALL_OPENS, "pipe2") ? -1 : REAL(pipe2)(pair, flags);
}

int eventfd(unsigned count, int flags)
{
    return fails(CALL_OPENS, "eventfd") ? -1 : REAL(eventfd)(count, flags);
}

int timerfd_create(clockid_t clock, int flags)
{
    return fails(CALL_OPENS, "timerfd_create")
               ? -1
               : REAL(timerfd_create)(clock, flags);
}

int epoll_create1(int flags)
{
    return fails(CALL_OPENS, "epoll_create1") ? -1 : REAL(epoll_create1)(flags);
}
