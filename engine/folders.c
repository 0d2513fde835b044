/* A probe shows whether a folder is ours to write, a lock whether it is ours
 * alone. */
#include "folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096

/* A path that can be no folder's is a mistake of whoever set it. All else may
 * pass: a disk that is mounted later, or is read-only until somebody looks. */
static int code_of(int fault)
{
    bool never = fault == ENOTDIR || fault == ENAMETOOLONG || fault == ELOOP;
    return never ? EXIT_CONFIG : EXIT_UNAVAILABLE;
}

/* False and errno where nothing can be written there. */
static bool probe(const char *folder)
{
    char path[PATH_BYTES_MAX];
    snprintf(path, sizeof path, "%s/.probe-%d", folder, (int)getpid());
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_EXCL, 0600);
    if (fd < 0)
        return false;
    close(fd);
    unlink(path);
    return true;
}

bool folders_open(const struct config *config, int *reterr_code,
                  struct error *reterr)
{
    const char *folder = config->state_directory;
    bool made = !mkdir(folder, 0700) || errno == EEXIST;
    if (made && probe(folder))
        return true;
    *reterr_code = code_of(errno);
    error_set(reterr, "state folder %s (STATE_DIRECTORY)%s: %s", folder,
              made ? " is not writable" : "", strerror(errno));
    return false;
}

/* The descriptor is the lock, and stays open (flock(2)). */
static bool lock(const char *folder, const char *variable, struct error *reterr)
{
    char path[PATH_BYTES_MAX];
    snprintf(path, sizeof path, "%s/worker.lock", folder);
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
        return true;
    if (fd >= 0 && errno == EWOULDBLOCK)
        error_set(reterr,
                  "another worker uses the folder %s (%s): each needs its own",
                  folder, variable);
    else
        error_set(reterr, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return false;
}

bool folders_lock(const struct config *config, struct error *reterr)
{
    const char *state = config->state_directory;
    const char *runtime = config->runtime_directory;
    bool both = runtime && strcmp(runtime, state) != 0;
    return lock(state, "STATE_DIRECTORY", reterr) &&
           (!both || lock(runtime, "RUNTIME_DIRECTORY", reterr));
}
