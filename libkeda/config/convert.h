/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of parameters to values (spec: languages 5.2). Each function takes the whole text and returns
 * NULL, or what is wrong as a clause to put behind the value ("is not a whole number"); the clause
 * never contains the value. Nothing is wrong with the value where it is convert_no_memory. *out is written
 * only on success.
 */
#ifndef CONFIG_CONVERT_H
#define CONFIG_CONVERT_H

#include <keda/scaler.h>

extern const char convert_no_memory[];

const char *convert_bool(const char *text, bool *out);
const char *convert_integer(const char *text, int64_t min, int64_t max, int64_t *out);
const char *convert_double(const char *text, double *out);
const char *convert_duration(const char *text, int64_t *ns);
const char *convert_string_list(const char *text, char separator, keda_string_list *out);
/* range: mark between first and last, such as "-"; "" for none. */
const char *convert_int_list(const char *text, char separator, const char *range,
                             keda_int_list *out);
const char *convert_map(const char *text, char separator, keda_map *out);
const char *convert_url_values(const char *text, keda_map *out);

void convert_string_list_clear(keda_string_list *list);
void convert_int_list_clear(keda_int_list *list);

#endif
