/* The header of a WAL: the 32 bytes by which SQLite knows whether the frames
 * behind it are any. Where they make no sense it takes the WAL for an empty
 * one, and says nothing. */
#ifndef MOONCRON_STORE_WAL_HEADER_H
#define MOONCRON_STORE_WAL_HEADER_H

#define WAL_HEADER_BYTES 32

enum wal_header {
    WAL_HEADER_WHOLE,
    /* Its last 16 bytes are those of the header before. SQLite begins a WAL
     * anew with a header over the old one, when all frames are in the database
     * and before it writes another: nothing behind it is needed. */
    WAL_HEADER_TORN,
    WAL_HEADER_DAMAGED,
};

/* A version that is newer than ours is whole: SQLite says so itself. */
enum wal_header wal_header_look(const unsigned char header[WAL_HEADER_BYTES]);

/* Makes of one that is torn the one that was before: whole. */
void wal_header_restore(unsigned char header[WAL_HEADER_BYTES]);

#endif
