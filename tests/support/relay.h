/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network of one link before a server on loopback: passes bytes on, or loses them in one direction or both,
 * or keeps them until later. Stepped by the test. A mistake aborts the test.
 */
#ifndef SUPPORT_RELAY_H
#define SUPPORT_RELAY_H

#include <stdbool.h>

typedef struct relay relay;

enum relay_mode {
    RELAY_PASS = 0,
    RELAY_LOSE_ALL = 1,
    RELAY_LOSE_ANSWERS = 2, /* the server works, nobody hears of it */
    RELAY_KEEP = 3,         /* bytes wait for RELAY_PASS, also those of who has left */
    RELAY_MODES = 4
};

relay *relay_open(int server_port);
void relay_close(relay *r);
int relay_port(const relay *r);
void relay_set(relay *r, enum relay_mode mode);
bool relay_step(relay *r); /* false: nothing was to do */

#endif
