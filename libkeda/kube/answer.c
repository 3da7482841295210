/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statuses to codes, and the message of a Status object into the error. An answer in another shape (a
 * proxy's page) is told by its number alone.
 */
#include "kube/answer.h"

#include "base/text.h"
#include "net/json_scan.h"

#include <jansson.h>

#include <stdio.h>
#include <string.h>

enum {
    SMALL_JSON = 16 * 1024 * 1024, /* what keda_json_parse takes */
    MAX_DEPTH = 200,
    MAX_REFUSAL = 64 * 1024 /* of a refusal's body, so much is read */
};

void answer_label(const char *method, const char *path, char *out, size_t size)
{
    (void)snprintf(out, size, "%s %.*s", method, (int)strcspn(path, "?"), path);
    text_cut_broken_end(out);
}

/* Lists may be longer than keda_json_parse reads. */
static keda_status parse_long(keda_json **out, const char *text, size_t size, keda_error *err)
{
    json_scan_place deep;
    json_error_t why;
    json_t *root;

    if (!json_scan_is_shallow(text, size, MAX_DEPTH, &deep))
        return keda_error_set(err, KEDA_ELIMIT, "nested more than %d levels", (int)MAX_DEPTH);
    root = json_loadb(text, size, JSON_ALLOW_NUL, &why);
    /* jansson calls a token invalid that it had no memory for: the second time tells. */
    if (root == NULL && json_error_code(&why) == json_error_invalid_syntax)
        root = json_loadb(text, size, JSON_ALLOW_NUL, &why);
    if (root == NULL &&
        (json_error_code(&why) == json_error_out_of_memory || why.text[0] == '\0'))
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    if (root == NULL)
        return keda_error_set(err, KEDA_EPROTOCOL, "line %d column %d", why.line, why.column);
    *out = (keda_json *)(void *)root;
    return KEDA_OK;
}

static keda_status parse(keda_json **out, const char *text, size_t size, const char *label,
                         keda_error *err)
{
    keda_status rc = size > SMALL_JSON ? parse_long(out, text, size, err)
                                       : keda_json_parse(out, text, size, err);

    if (rc == KEDA_OK)
        return KEDA_OK;
    if (rc == KEDA_EINVAL) { /* the server's text, not the user's: nothing to fix here */
        rc = KEDA_EPROTOCOL;
        if (err != NULL)
            err->code = (int32_t)rc;
    }
    return keda_error_wrap(err, rc, "%s: the answer is not JSON", label);
}

static bool is_json(const keda_http_reply *reply)
{
    const char *type = keda_http_header(reply, "Content-Type");

    if (reply->body_size == 0)
        return false;
    if (type != NULL)
        return strstr(type, "json") != NULL;
    const char *first = reply->body + strspn(reply->body, " \t\r\n");
    return *first == '{' || *first == '[';
}

static keda_status code_of(int32_t http_status)
{
    switch (http_status) {
    case 400:
    case 422:
        return KEDA_EINVAL;
    case 401:
    case 403:
        return KEDA_EAUTH;
    case 404:
    case 410:
        return KEDA_ENOTFOUND;
    case 409:
        return KEDA_ECONFLICT;
    case 429:
        return KEDA_ELIMIT;
    default:
        return KEDA_EUNAVAILABLE;
    }
}

/* The Status's message, one line of it, behind what the number says. */
static void add_message(const keda_http_reply *reply, keda_error *err)
{
    keda_json *status = NULL;
    const char *message = NULL;

    if (err == NULL || !is_json(reply) || reply->body_size > MAX_REFUSAL)
        return;
    if (keda_json_parse(&status, reply->body, reply->body_size, NULL) != KEDA_OK)
        return;
    message = keda_json_string(keda_json_get(status, "message"));
    if (message != NULL && *message != '\0') {
        const size_t n = strlen(err->text);

        (void)snprintf(err->text + n, sizeof err->text - n, ": %s", message);
        text_cut_broken_end(err->text);
        for (char *c = err->text + n; *c != '\0'; c++)
            if ((unsigned char)*c < 0x20 || *c == 0x7f)
                *c = ' ';
    }
    keda_json_free(status);
}

keda_status answer_read(keda_json **body, const keda_http_reply *reply, const char *label,
                        keda_error *err)
{
    if (keda_http_check(reply, label, err) == KEDA_OK)
        return is_json(reply) ? parse(body, reply->body, reply->body_size, label, err)
                              : KEDA_OK;
    const keda_status rc = code_of(reply->status);
    if (err != NULL)
        err->code = (int32_t)rc;
    add_message(reply, err);
    return rc;
}
