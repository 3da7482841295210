/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transport for http_peer.c that turns HTTP/2 frames into HTTP/1.1 text and back (RFC 9113). What
 * it sends is HPACK without tables and compression (RFC 7541), what it gets it does not decode.
 */
#include "support/http2_peer.h"

#include "base/buf.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { DATA = 0, HEADERS = 1, SETTINGS = 4, PING = 6 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };
enum { PREFACE_SIZE = 24, FRAME_HEAD = 9, MAX_STREAMS = 256 };

typedef struct h2_request {
    uint32_t id;
    keda_buf body;
} h2_request;

typedef struct h2_stream {
    int fd;
    bool is_greeted, is_ended;
    keda_buf in;   /* frames, not whole yet */
    keda_buf text; /* requests as HTTP/1.1 */
    keda_buf answer;
    h2_request open[MAX_STREAMS]; /* bodies under way */
    size_t nopen;
    uint32_t waiting[MAX_STREAMS]; /* for an answer, in order */
    size_t nwaiting;
} h2_stream;

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "http2_peer: %s: %s\n", what, strerror(errno));
    abort();
}

static void drop_front(keda_buf *buf, size_t n)
{
    memmove(buf->data, buf->data + n, buf->size - n);
    buf_truncate(buf, buf->size - n);
}

/* ---- frames out ----------------------------------------------------------------------------- */

static void send_frame(const h2_stream *s, int type, int flags, uint32_t id,
                       const keda_buf *payload)
{
    const size_t size = payload != NULL ? payload->size : 0;
    const unsigned char head[FRAME_HEAD] = {
        (unsigned char)(size >> 16), (unsigned char)(size >> 8), (unsigned char)size,
        (unsigned char)type,         (unsigned char)flags,       (unsigned char)(id >> 24),
        (unsigned char)(id >> 16),   (unsigned char)(id >> 8),   (unsigned char)id};
    keda_buf frame = {0};

    must(size < 16384, "frame too large");
    must(buf_append(&frame, head, sizeof head) == KEDA_OK, "memory");
    if (size > 0)
        must(buf_append(&frame, payload->data, size) == KEDA_OK, "memory");
    const ssize_t n = send(s->fd, frame.data, frame.size, MSG_NOSIGNAL);
    must(n == (ssize_t)frame.size || (n < 0 && (errno == EPIPE || errno == ECONNRESET)),
         "send");
    keda_buf_clear(&frame);
}

static void put_text(keda_buf *out, const char *text, size_t size)
{
    must(size < 127, "header too long");
    must(buf_putc(out, (char)size) == KEDA_OK, "memory");
    for (size_t i = 0; i < size; i++)
        must(buf_putc(out, text[i]) == KEDA_OK, "memory");
}

/* A literal without indexing and with a new name, which is in lower case. */
static void put_header(keda_buf *out, const char *name, size_t name_size, const char *value,
                       size_t value_size)
{
    char lower[128];

    must(name_size < sizeof lower && buf_putc(out, '\0') == KEDA_OK, "header");
    for (size_t i = 0; i < name_size; i++)
        lower[i] = (char)tolower((unsigned char)name[i]);
    put_text(out, lower, name_size);
    put_text(out, value, value_size);
}

static void answer_stream(h2_stream *s, uint32_t id, const char *head, const char *end,
                          const keda_buf *body)
{
    static const char trailer_mark[] = "Trailer-";
    const size_t mark = sizeof trailer_mark - 1;
    keda_buf headers = {0}, trailers = {0};

    must(buf_putc(&headers, 8) == KEDA_OK, "memory"); /* :status, by its place in the table */
    put_text(&headers, head + strlen("HTTP/1.1 "), 3);
    for (const char *line = strstr(head, "\r\n") + 2; line < end;
         line = strstr(line, "\r\n") + 2) {
        const size_t name = strcspn(line, ":");
        const char *value = line + name + 2;
        const size_t size = strcspn(value, "\r");

        /* With a length curl would not wait for the trailers; gRPC sends none. */
        if (strncasecmp(line, "Content-Length", name) == 0)
            continue;
        if (strncasecmp(line, trailer_mark, mark) == 0)
            put_header(&trailers, line + mark, name - mark, value, size);
        else
            put_header(&headers, line, name, value, size);
    }
    send_frame(s, HEADERS, END_HEADERS, id, &headers);
    send_frame(s, DATA, trailers.size > 0 ? 0 : END_STREAM, id, body);
    if (trailers.size > 0)
        send_frame(s, HEADERS, END_HEADERS | END_STREAM, id, &trailers);
    keda_buf_clear(&headers);
    keda_buf_clear(&trailers);
}

/* ---- frames in ------------------------------------------------------------------------------ */

static void request_is_whole(h2_stream *s, uint32_t id, const keda_buf *body)
{
    must(s->nwaiting < MAX_STREAMS, "too many streams");
    s->waiting[s->nwaiting++] = id;
    must(buf_printf(&s->text, "%s /stream/%u HTTP/1.1\r\nContent-Length: %zu\r\n\r\n",
                    body->size > 0 ? "POST" : "GET", (unsigned)id, body->size) == KEDA_OK,
         "memory");
    if (body->size > 0)
        must(buf_append(&s->text, body->data, body->size) == KEDA_OK, "memory");
}

static h2_request *open_request(h2_stream *s, uint32_t id)
{
    for (size_t i = 0; i < s->nopen; i++) {
        if (s->open[i].id == id)
            return &s->open[i];
    }
    must(s->nopen < MAX_STREAMS, "too many streams");
    s->open[s->nopen] = (h2_request){.id = id};
    return &s->open[s->nopen++];
}

static void on_frame(h2_stream *s, int type, int flags, uint32_t id, const char *payload,
                     size_t size)
{
    if (type == SETTINGS && !(flags & ACK))
        send_frame(s, SETTINGS, ACK, 0, NULL);
    if (type == PING && !(flags & ACK))
        send_frame(s, PING, ACK, 0, &(keda_buf){s->in.data + FRAME_HEAD, size, 0});
    if (type != HEADERS && type != DATA)
        return;
    h2_request *r = open_request(s, id);
    if (type == DATA && size > 0)
        must(buf_append(&r->body, payload, size) == KEDA_OK, "memory");
    if (flags & END_STREAM) {
        request_is_whole(s, id, &r->body);
        keda_buf_clear(&r->body);
        *r = s->open[--s->nopen];
    }
}

static void take_frames(h2_stream *s)
{
    if (!s->is_greeted) {
        if (s->in.size < PREFACE_SIZE)
            return;
        must(memcmp(s->in.data, "PRI * HTTP/2.0", 14) == 0, "not HTTP/2");
        drop_front(&s->in, PREFACE_SIZE);
        s->is_greeted = true;
        send_frame(s, SETTINGS, 0, 0, NULL);
    }
    while (s->in.size >= FRAME_HEAD) {
        const unsigned char *head = (const unsigned char *)s->in.data;
        const size_t size = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        const uint32_t id = (uint32_t)head[5] << 24 | (uint32_t)head[6] << 16 |
                            (uint32_t)head[7] << 8 | head[8];

        if (s->in.size < FRAME_HEAD + size)
            return;
        on_frame(s, head[3], head[4], id, s->in.data + FRAME_HEAD, size);
        drop_front(&s->in, FRAME_HEAD + size);
    }
}

/* ---- the transport -------------------------------------------------------------------------- */

static void *stream_open(int fd, void *user)
{
    h2_stream *s = mem_zalloc(1, sizeof *s);

    (void)user;
    must(s != NULL, "memory");
    s->fd = fd;
    return s;
}

static ssize_t stream_read(void *stream, void *bytes, size_t size)
{
    h2_stream *s = stream;
    char chunk[16384];
    ssize_t n;

    while ((n = recv(s->fd, chunk, sizeof chunk, 0)) > 0)
        must(buf_append(&s->in, chunk, (size_t)n) == KEDA_OK, "memory");
    s->is_ended = s->is_ended || n == 0 || (errno != EAGAIN && errno != EINTR);
    take_frames(s);
    if (s->text.size > 0) {
        const size_t given = s->text.size < size ? s->text.size : size;

        memcpy(bytes, s->text.data, given);
        drop_front(&s->text, given);
        return (ssize_t)given;
    }
    errno = EAGAIN;
    return s->is_ended ? 0 : -1;
}

static ssize_t stream_write(void *stream, const void *bytes, size_t size)
{
    h2_stream *s = stream;
    const char *end, *length;

    must(buf_append(&s->answer, bytes, size) == KEDA_OK, "memory");
    while (s->answer.size > 0 && (end = strstr(s->answer.data, "\r\n\r\n")) != NULL) {
        const size_t head = (size_t)(end - s->answer.data) + 4;

        length = strstr(s->answer.data, "Content-Length: ");
        must(length != NULL && length < end, "an answer without a length");
        const size_t body = (size_t)strtoul(length + strlen("Content-Length: "), NULL, 10);
        if (s->answer.size < head + body)
            break;
        must(s->nwaiting > 0, "an answer to nobody");
        answer_stream(s, s->waiting[0], s->answer.data, end + 2,
                      &(keda_buf){s->answer.data + head, body, 0});
        memmove(s->waiting, s->waiting + 1, --s->nwaiting * sizeof s->waiting[0]);
        drop_front(&s->answer, head + body);
    }
    return (ssize_t)size;
}

static void stream_close(void *stream)
{
    h2_stream *s = stream;

    for (size_t i = 0; i < s->nopen; i++)
        keda_buf_clear(&s->open[i].body);
    keda_buf_clear(&s->in);
    keda_buf_clear(&s->text);
    keda_buf_clear(&s->answer);
    mem_free(s);
}

http_peer *http2_peer_open(void)
{
    return http_peer_open_with(&(http_peer_transport){.scheme = "http",
                                                      .open = stream_open,
                                                      .read = stream_read,
                                                      .write = stream_write,
                                                      .close = stream_close});
}
