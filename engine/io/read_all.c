/* read(2) may give less than there is. */
#include "mooncron/read_all.h"

#include <errno.h>
#include <unistd.h>

int64_t read_all(int fd, char *bytes, size_t size)
{
    size_t len = 0;
    while (len < size) {
        ssize_t got = read(fd, bytes + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
    }
    return (int64_t)len;
}
