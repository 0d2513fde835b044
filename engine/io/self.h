/* Self: would a connection lead to our own listener? */
#ifndef IO_SELF_H
#define IO_SELF_H

#include <stdbool.h>

struct sockaddr;
struct sockaddr_storage;

/* `listener` is what getsockname() says of it; of family 0: there is none. A
 * listener on any address has all that this machine has. */
bool self_is(const struct sockaddr_storage *listener,
             const struct sockaddr *to);

#endif
