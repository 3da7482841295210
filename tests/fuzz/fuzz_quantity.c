/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a quantity. What is read is written canonically, read again, and the same; whole and
 * thousandth values keep its order.
 */
#include <stdlib.h>
#include <string.h>

#include "lang/quantity.h"

enum { MAX_TEXT = 512 };

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static void check_round_trip(const quantity *q)
{
    char text[QUANTITY_TEXT_SIZE];
    quantity again;

    expect(quantity_text(q, text, sizeof text) == strlen(text));
    expect(quantity_parse(text, &again));
    expect(quantity_compare(q, &again) == 0 && quantity_compare(&again, q) == 0);
    expect(quantity_sign(q) == quantity_sign(&again));
    expect(quantity_value(q) == quantity_value(&again));
    expect(quantity_milli(q) == quantity_milli(&again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[MAX_TEXT + 1];
    quantity q, zero;

    if (size > MAX_TEXT)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (!quantity_parse(text, &q))
        return 0;
    check_round_trip(&q);
    quantity_from_value(0, &zero);
    expect(quantity_compare(&q, &zero) == quantity_sign(&q));
    expect(quantity_sign(&q) <= 0 || (quantity_value(&q) > 0 && quantity_milli(&q) > 0));
    expect(quantity_sign(&q) >= 0 || (quantity_value(&q) < 0 && quantity_milli(&q) < 0));
    return 0;
}
