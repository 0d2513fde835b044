/* Two filters of system calls, one within the other (seccomp(2)).
 *
 * Memory, time, and reading and writing what is open: nothing else is needed to
 * run Lua. A call that is not listed fails with EPERM, which no script sees. */
#include "cage.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_MAX (UINT64_C(1) << 30) /* Lua's budget is a quarter of this */
#define FILES_MAX  32

static void limit(int what, uint64_t most)
{
    const struct rlimit limit = { most, most };
    setrlimit((__rlimit_resource_t)what, &limit);
}

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#if defined(ARCHITECTURE) && !defined(MOONCRON_SANITIZED)

#define CALLS_MAX 64

static const int always[] = {
    SYS_read,          SYS_write,           SYS_close,     SYS_brk,
    SYS_mmap,          SYS_munmap,          SYS_mremap,    SYS_mprotect,
    SYS_madvise,       SYS_futex,           SYS_exit,      SYS_exit_group,
    SYS_clock_gettime, SYS_gettimeofday,    SYS_getrandom, SYS_rt_sigreturn,
    SYS_rt_sigaction,  SYS_rt_sigprocmask,  SYS_tgkill,    SYS_gettid,
    SYS_getpid,        SYS_restart_syscall, SYS_fstat,     SYS_newfstatat,
    SYS_lseek,         SYS_getrusage,
};

static const int loading[] = {
    SYS_openat, SYS_readlinkat, SYS_fcntl, SYS_getcwd,
    SYS_prctl,  SYS_seccomp,    SYS_statx,
#ifdef SYS_open
    SYS_open,   SYS_readlink,   SYS_stat,  SYS_lstat,
#endif
};

static size_t allow(struct sock_filter *at, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        *at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                             (uint32_t)calls[i], 0, 1);
        *at++ =
            (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    return count * 2;
}

static void filter(const int *more, size_t more_count)
{
    struct sock_filter code[2 * CALLS_MAX + 8] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    size_t len = 4;
    len += allow(code + len, always, sizeof always / sizeof *always);
    len += allow(code + len, more, more_count);
    code[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
                                               SECCOMP_RET_ERRNO | EPERM);
    const struct sock_fprog program = { (unsigned short)len, code };
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void filter_loading(void)
{
    filter(loading, sizeof loading / sizeof *loading);
}

static void filter_running(void)
{
    filter(NULL, 0);
}

#else

static void filter_loading(void)
{
}

static void filter_running(void)
{
}

#endif

void cage_open(void)
{
    tzset(); /* reads its file while files can be read */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_NOFILE, FILES_MAX);
#ifndef MOONCRON_SANITIZED
    limit(RLIMIT_AS, MEMORY_MAX);
#endif
    filter_loading();
}

void cage_close(void)
{
    filter_running();
}
