/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a map of a document by a table of its members: unknown names, wrong types, bounds and
 * missing members are reported with place and path. What members mean together is the caller's.
 */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include "document.h"
#include "report.h"

typedef struct reader {
    const document *doc;
    bool is_strict;
    bool hides_values; /* a Secret's never enter a message */
    report report;
    size_t path_size;
    char path[256]; /* of what is being read: spec.triggers[0].metadata */
} reader;

void reader_init(reader *r, const document *doc, bool is_strict, keda_findings *findings);
keda_status reader_status(const reader *r, keda_error *err);

/* Goes one step down; the result is given to reader_leave on the way back. */
size_t reader_enter(reader *r, const char *name);
size_t reader_enter_index(reader *r, size_t i);
void reader_leave(reader *r, size_t mark);

/* Reports at a node, with the present path; NULL: at the document. */
void reader_error(reader *r, const node *at, const char *format, ...) KEDA_PRINTF(3, 4);
void reader_warning(reader *r, const node *at, const char *format, ...) KEDA_PRINTF(3, 4);
/* What upstream accepts and we would not: a warning, an error when strict. */
void reader_strict(reader *r, const node *at, const char *format, ...) KEDA_PRINTF(3, 4);
/* The same at the name of a node. */
void reader_strict_name(reader *r, const node *at, const char *format, ...) KEDA_PRINTF(3, 4);
/* An error at a member of the map that is being read, there or not: at the map when it is not. */
void reader_error_in(reader *r, const node *map, const char *name, const char *format, ...)
    KEDA_PRINTF(4, 5);
void reader_out_of_memory(reader *r);

typedef enum member_kind {
    MEMBER_ANY = 0, /* accepted unseen */
    MEMBER_STRING,  /* char *, owned */
    MEMBER_TEXT,    /* a string, not stored */
    MEMBER_INT32,   /* int32_t between min and max; both 0: any */
    MEMBER_BOOL,    /* bool */
    MEMBER_STRINGS, /* keda_map of strings */
    MEMBER_MAP,     /* `read` gets the map and the member's address */
    MEMBER_LIST,    /* `read` gets the list and the member's address */
    MEMBER_OTHER    /* `read` gets any node and the member's address */
} member_kind;

enum member_flags {
    MEMBER_REQUIRED = 1 << 0,
    MEMBER_NOT_EMPTY = 1 << 1,   /* strings */
    MEMBER_UNHONOURED = 1 << 2,  /* read, and nothing comes of it yet: warns */
    MEMBER_UNSUPPORTED = 1 << 3, /* going on without it would be wrong: an error */
    MEMBER_OWN_RULES = 1 << 4 /* KEDA's schema has no such bounds and texts: its are looser */
};

/* What a schema says of a value where `kind` leaves it open. */
typedef enum member_shape {
    MEMBER_AS_KIND = 0,
    MEMBER_AS_TEXT,
    MEMBER_AS_INT32,
    MEMBER_AS_QUANTITY,
    MEMBER_AS_STRINGS, /* a map of strings */
    MEMBER_AS_TEXTS,   /* a list of strings */
    MEMBER_AS_MAP,
    MEMBER_AS_LIST
} member_shape;

typedef struct member_table member_table;

typedef struct member {
    const char *name;
    member_kind kind;
    uint32_t flags;
    size_t offset;
    int32_t min, max;           /* of a list: min items, for a schema */
    const char *const *allowed; /* strings; NULL-terminated */
    void (*read)(reader *r, const node *value, void *out);
    /* for a schema (schema.h) */
    member_shape shape;
    const member_table *table; /* of a map, or of each item of a list */
    const char *fallback;      /* a default that is written into documents */
    const char *help;
} member;

struct member_table {
    const member *members;
    size_t count;
    bool is_open;                    /* may have members that are not in the table */
    const char *rule, *rule_message; /* CEL, true for a good map */
};
#define MEMBER_TABLE(list) .members = (list), .count = sizeof(list) / sizeof((list)[0])

enum { READER_MAX_MEMBERS = 63 };

/* Fills what the map has; the rest of *out stays as it was, so defaults are set before. */
void reader_members(reader *r, const node *map, const member *members, size_t n, void *out);

/* Single values, for MEMBER_OTHER: false, reported, when it is something else. */
bool reader_string(reader *r, const node *value, const char **out);
bool reader_int32(reader *r, const node *value, int32_t min, int32_t max, int32_t *out);
bool reader_is(reader *r, const node *value, node_type type);
/* A list of non-empty maps or anything: each item with its path. */
void reader_items(reader *r, const node *list, void (*each)(reader *, const node *, void *),
                  void *out);
void reader_strings(reader *r, const node *map, void *out); /* into a keda_map */

/* Absent and null are the same. */
const node *reader_get(const node *map, const char *name);

/* What every document has around its spec; apiVersion must be the one given. */
void reader_frame(reader *r, const char *api_version);

#endif
