/* A descriptor read to its end, on either side of the script host's socket. */
#ifndef MOONCRON_READ_ALL_H
#define MOONCRON_READ_ALL_H

#include <stddef.h>
#include <stdint.h>

/* As many bytes as there are, up to `size`; -1 and errno where reading failed.
 * An interrupted read is begun again. */
int64_t read_all(int fd, char *bytes, size_t size);

#endif
