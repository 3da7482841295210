/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floating-point texts as Go reads them (spec: languages, GoFloat): correctly rounded, whatever the
 * locale is. Formulas and JSON numbers use it; parameters read JSON numbers (base/num.h).
 */
#ifndef LANG_GOFLOAT_H
#define LANG_GOFLOAT_H

#include <stddef.h>

#include <keda/error.h>

/*
 * The whole text or nothing. KEDA_EINVAL: not a number, *out is 0. KEDA_ELIMIT: too large for a
 * double, *out is +Inf or -Inf. "inf" and "nan" are numbers; what is too small is 0.
 */
KEDA_MUST_USE keda_status gofloat_parse(const char *text, size_t size, double *out);

#endif
