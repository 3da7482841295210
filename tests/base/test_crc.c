/* SPDX-License-Identifier: Apache-2.0 */
/* The checksum of the journal's lines (libkeda/base/crc.c). */
#include <criterion/criterion.h>

#include <string.h>

#include "base/crc.h"

Test(crc, gives_the_known_values)
{
    static const struct {
        const char *text;
        uint32_t crc;
    } known[] = {{"", 0x00000000u},
                 {"a", 0xe8b7be43u},
                 {"abc", 0x352441c2u},
                 {"123456789", 0xcbf43926u},
                 {"The quick brown fox jumps over the lazy dog", 0x414fa339u}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        cr_assert_eq(crc32_of(known[i].text, strlen(known[i].text)), known[i].crc, "%s",
                     known[i].text);
}

Test(crc, uses_every_entry_of_its_table)
{
    unsigned char bytes[256];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)i;
    cr_assert_eq(crc32_of(bytes, sizeof bytes), 0x29058c73u);
}

Test(crc, changes_with_every_bit)
{
    unsigned char bytes[64] = {0};
    const uint32_t before = crc32_of(bytes, sizeof bytes);

    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        cr_assert_neq(crc32_of(bytes, sizeof bytes), before, "bit %zu", bit);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}
