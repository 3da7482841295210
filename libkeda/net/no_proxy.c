/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exceptions of NO_PROXY, entry by entry.
 */
#include "net/no_proxy.h"

#include "base/num.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { MAX_ENTRY = 256 };

typedef struct net_address {
    int family; /* 0: a name */
    int bits;
    unsigned char bytes[16];
} net_address;

/* Brackets are fine. */
static net_address address_of(const char *text)
{
    net_address address = {0};
    char bare[MAX_ENTRY];
    const size_t n = text_copy(bare, sizeof bare, text + (*text == '['));

    if (n > 0 && bare[n - 1] == ']')
        bare[n - 1] = '\0';
    if (inet_pton(AF_INET, bare, address.bytes) == 1) {
        address.family = AF_INET;
        address.bits = 32;
    } else if (inet_pton(AF_INET6, bare, address.bytes) == 1) {
        address.family = AF_INET6;
        address.bits = 128;
    }
    return address;
}

static bool has_prefix(const net_address *a, const net_address *b, int64_t bits)
{
    const size_t whole = (size_t)bits / 8;
    const unsigned rest = (unsigned)(bits % 8);

    if (memcmp(a->bytes, b->bytes, whole) != 0)
        return false;
    return rest == 0 || ((a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest)) == 0;
}

/* entry is cut at its slash. */
static bool is_in_network(char *entry, const net_address *host)
{
    char *slash = strchr(entry, '/');
    int64_t bits = host->bits;

    if (slash != NULL) {
        *slash = '\0';
        if (!num_parse_i64(slash + 1, &bits) || bits < 0 || bits > host->bits)
            return false;
    }
    const net_address network = address_of(entry);
    return network.family == host->family && has_prefix(&network, host, bits);
}

static bool is_below(const char *entry, const char *host)
{
    const char *name = *entry == '.' ? entry + 1 : entry;
    const size_t n = strlen(name), all = strlen(host);

    if (n == 0 || n > all || strcasecmp(host + (all - n), name) != 0)
        return false;
    return n == all || host[all - n - 1] == '.';
}

bool no_proxy_has(const char *list, const char *host)
{
    const net_address address = address_of(host);
    char entry[MAX_ENTRY];

    if (list == NULL)
        return false;
    if (text_equal(list, "*"))
        return true;
    for (const char *at = list + strspn(list, ", "); *at != '\0'; at += strspn(at, ", ")) {
        const size_t n = strcspn(at, ", ");

        if (n < sizeof entry) {
            memcpy(entry, at, n);
            entry[n] = '\0';
            if (address.family != 0 ? is_in_network(entry, &address) : is_below(entry, host))
                return true;
        }
        at += n;
    }
    return false;
}
