/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For authors of trigger types: the parameter table, the scaler descriptor and its contract, polls,
 * shared endpoints, and the one symbol a module exports. libkeda's own types use nothing else.
 */
#ifndef KEDA_SCALER_H
#define KEDA_SCALER_H

#include <stdbool.h>

#include <keda/error.h>

KEDA_BEGIN_DECLS

/* ---- parameters are a table ----------------------------------------------------------------- */

/** Where a parameter may come from. */
typedef enum keda_from {
    KEDA_FROM_UNSET = 0,
    KEDA_FROM_METADATA = 1, /* the trigger's metadata */
    KEDA_FROM_AUTH = 2,     /* the referenced TriggerAuthentication */
    KEDA_FROM_ENV = 3       /* <name>FromEnv in the metadata names a variable of the workload */
} keda_from;

typedef enum keda_field_kind {
    KEDA_KIND_UNSET = 0,
    KEDA_KIND_STRING,      /* char * */
    KEDA_KIND_BOOL,        /* bool */
    KEDA_KIND_INT32,       /* int32_t */
    KEDA_KIND_INT64,       /* int64_t */
    KEDA_KIND_DOUBLE,      /* double */
    KEDA_KIND_DURATION,    /* int64_t nanoseconds */
    KEDA_KIND_CHOICE,      /* int32_t: index into `allowed` */
    KEDA_KIND_STRING_LIST, /* keda_string_list */
    KEDA_KIND_INT_LIST,    /* keda_int_list */
    KEDA_KIND_MAP,         /* keda_map: "a=1,b=2" */
    KEDA_KIND_URL_VALUES,  /* keda_map: "a=1&b=2", decoded, repeated names kept */
    KEDA_KIND_GROUP        /* a nested table; offset is where its struct lies */
} keda_field_kind;

typedef struct keda_string_list {
    char **items;
    size_t count;
} keda_string_list;

typedef struct keda_int_list {
    int64_t *items;
    size_t count;
} keda_int_list;

/** One name and its text. */
typedef struct keda_param {
    const char *name;
    const char *value;
} keda_param;

typedef struct keda_map {
    keda_param *items; /* in the order written */
    size_t count;
} keda_map;

enum keda_field_flags {
    KEDA_OPTIONAL = 1 << 0,    /* absence is fine: the member stays zero */
    KEDA_SECRET = 1 << 1,      /* never printed */
    KEDA_TARGET_FIELD = 1 << 2 /* the trigger's target: optional inside a formula */
};

/** One parameter: says all that parsing, checking, documentation and schema need. */
typedef struct keda_field {
    const char *name;           /* as the user writes it */
    const char *help;           /* one sentence */
    const char *alias[3];       /* further accepted names */
    int32_t kind;               /* keda_field_kind */
    uint32_t flags;             /* keda_field_flags */
    int32_t from[3];            /* keda_from in the order searched; all unset: metadata only */
    size_t offset;              /* of the member in the struct */
    const char *fallback;       /* default text, parsed like the user's; NULL: none */
    const char *const *allowed; /* NULL-terminated; NULL: any. Lists: each part */
    const char *const *exclusive;   /* NULL-terminated: at most one of these parts */
    const char *deprecated;         /* presence is an error with this advice */
    const char *announced;          /* presence warns with this advice */
    char separator;                 /* of lists and maps; 0: ',' */
    char range;                     /* KEDA_KIND_INT_LIST: "1-3" with '-'; 0: no ranges */
    const struct keda_field *group; /* KEDA_KIND_GROUP: its fields */
    size_t ngroup;
} keda_field;

/* The macros check the member's type: a table that points a number at a string does not build. */
#ifndef __cplusplus
#define KEDA_OFFSET_AS(T, member, type) _Generic(((T *)0)->member, type : offsetof(T, member))
#define KEDA_FIELD_STRING(T, member, ...)                                                      \
    {                                                                                          \
        .kind = KEDA_KIND_STRING, .offset = KEDA_OFFSET_AS(T, member, char *), __VA_ARGS__     \
    }
#define KEDA_FIELD_BOOL(T, member, ...)                                                        \
    {                                                                                          \
        .kind = KEDA_KIND_BOOL, .offset = KEDA_OFFSET_AS(T, member, bool), __VA_ARGS__         \
    }
#define KEDA_FIELD_INT32(T, member, ...)                                                       \
    {                                                                                          \
        .kind = KEDA_KIND_INT32, .offset = KEDA_OFFSET_AS(T, member, int32_t), __VA_ARGS__     \
    }
#define KEDA_FIELD_INT64(T, member, ...)                                                       \
    {                                                                                          \
        .kind = KEDA_KIND_INT64, .offset = KEDA_OFFSET_AS(T, member, int64_t), __VA_ARGS__     \
    }
#define KEDA_FIELD_DOUBLE(T, member, ...)                                                      \
    {                                                                                          \
        .kind = KEDA_KIND_DOUBLE, .offset = KEDA_OFFSET_AS(T, member, double), __VA_ARGS__     \
    }
#define KEDA_FIELD_DURATION(T, member, ...)                                                    \
    {                                                                                          \
        .kind = KEDA_KIND_DURATION, .offset = KEDA_OFFSET_AS(T, member, int64_t), __VA_ARGS__  \
    }
#define KEDA_FIELD_CHOICE(T, member, ...)                                                      \
    {                                                                                          \
        .kind = KEDA_KIND_CHOICE, .offset = KEDA_OFFSET_AS(T, member, int32_t), __VA_ARGS__    \
    }
#define KEDA_FIELD_STRING_LIST(T, member, ...)                                                 \
    {                                                                                          \
        .kind = KEDA_KIND_STRING_LIST, .offset = KEDA_OFFSET_AS(T, member, keda_string_list),  \
        __VA_ARGS__                                                                            \
    }
#define KEDA_FIELD_INT_LIST(T, member, ...)                                                    \
    {                                                                                          \
        .kind = KEDA_KIND_INT_LIST, .offset = KEDA_OFFSET_AS(T, member, keda_int_list),        \
        __VA_ARGS__                                                                            \
    }
#define KEDA_FIELD_MAP(T, member, ...)                                                         \
    {                                                                                          \
        .kind = KEDA_KIND_MAP, .offset = KEDA_OFFSET_AS(T, member, keda_map), __VA_ARGS__      \
    }
#define KEDA_FIELD_URL_VALUES(T, member, ...)                                                  \
    {                                                                                          \
        .kind = KEDA_KIND_URL_VALUES, .offset = KEDA_OFFSET_AS(T, member, keda_map),           \
        __VA_ARGS__                                                                            \
    }
/* A table of another struct, embedded as `member`. */
#define KEDA_FIELD_GROUP(T, member, table, count, ...)                                         \
    {                                                                                          \
        .kind = KEDA_KIND_GROUP, .offset = offsetof(T, member), .group = (table),              \
        .ngroup = (count), __VA_ARGS__                                                         \
    }
#endif

/* ---- what a scaler measures ----------------------------------------------------------------- */

typedef struct keda_scaler keda_scaler;     /* one instance: one trigger of one workload */
typedef struct keda_poll keda_poll;         /* one question to it; ends once, maybe late */
typedef struct keda_endpoint keda_endpoint; /* what instances share */
typedef struct keda_spec_list keda_spec_list;

/**
 * Adds a metric spec: a name, what one replica is expected to carry, and when it counts as active.
 *
 * target      > 0, three decimals; not finite or negative counts as zero
 * activation  active when a reading is strictly greater
 * format      the name without its s<index>- prefix; normalised by the engine
 * errors      KEDA_EINVAL when the target comes out as zero; KEDA_ENOMEM
 */
KEDA_API KEDA_MUST_USE keda_status keda_spec_add(keda_spec_list *out, double target,
                                                 double activation, keda_error *err,
                                                 const char *format, ...) KEDA_PRINTF(5, 6);

/** The same with an exact whole target, > 0. */
KEDA_API KEDA_MUST_USE keda_status keda_spec_add_integer(keda_spec_list *out, int64_t target,
                                                         double activation, keda_error *err,
                                                         const char *format, ...)
    KEDA_PRINTF(5, 6);

/** keda_spec_add without a format, for languages that cannot call with a variable list. */
KEDA_API KEDA_MUST_USE keda_status keda_spec_add_name(keda_spec_list *out, const char *name,
                                                      double target, double activation,
                                                      keda_error *err);

/**
 * Adds a resource metric, which is read from the pods: it has no s<index>- name and takes no part in
 * activation, fallback and formula.
 *
 * resource   "cpu" or "memory"
 * container  of the pods; NULL or "": the whole pod
 * target     as the trigger's metricType has it: Utilization, a whole percentage of what the pods
 *            request; AverageValue, a quantity such as 500m or 1Gi
 * errors     KEDA_EINVAL for another metricType, a target that is none or not above zero;
 *            KEDA_ENOMEM
 */
KEDA_API KEDA_MUST_USE keda_status keda_spec_add_resource(keda_spec_list *out,
                                                          const char *resource,
                                                          const char *container,
                                                          const char *target, keda_error *err);

/** Namespace of the workload, for names that are made of it; "" when unknown. Borrowed. */
KEDA_API const char *keda_spec_namespace(const keda_spec_list *list);

/** Who asks; all texts are borrowed from the instance. */
typedef struct keda_scaler_info {
    size_t struct_size;
    const char *workload;     /* namespace/name */
    const char *type;         /* trigger type */
    const char *trigger;      /* trigger name, "" when it has none */
    const char *metric_type;  /* "AverageValue" or "Value" */
    int32_t index;            /* of the trigger, from 0 */
    int32_t is_metric_source; /* inside a formula: the target may be missing */
} keda_scaler_info;

/** Facts about an instance. Set out->struct_size before. Thread: any. */
KEDA_API void keda_scaler_describe(const keda_scaler *self, keda_scaler_info *out);

/** A resolved parameter by name (KEDA_SCALER_PARAMS_BY_NAME); NULL when absent. Borrowed. */
KEDA_API const char *keda_param_string(const keda_scaler *self, const char *name);

/** Hands a record to the host's log with workload and trigger. Thread: any. */
KEDA_API void keda_scaler_log(const keda_scaler *self, int32_t level, const char *format, ...)
    KEDA_PRINTF(3, 4);

/* ---- polls ---------------------------------------------------------------------------------- */

enum keda_poll_due {
    KEDA_POLL_ACTIVATION = 1 << 0, /* a polling interval's own poll: state may move on */
    KEDA_POLL_SYNC = 1 << 1        /* a sample for the HPA half */
};

/**
 * Adds one reading of one metric spec to the poll; several of one spec are kept in order.
 *
 * spec_index  place of the spec as `specs` added it, from 0
 * raw         in the metric's own unit; not finite or negative counts as zero
 * thread      any, one at a time per poll
 */
KEDA_API void keda_poll_value(keda_poll *poll, size_t spec_index, double raw);

/** The scaler's own answer whether it is active; without it raw is compared with the threshold. */
KEDA_API void keda_poll_active(keda_poll *poll, bool is_active);

/**
 * Ends the poll with the readings given so far.
 *
 * poll    given back to the engine; do not touch it afterwards
 * thread  any; safe from inside the poll call itself
 */
KEDA_API void keda_poll_done(keda_poll *poll);

/** Ends the poll without a reading: it is unknown, never zero. err is copied. Thread: any. */
KEDA_API void keda_poll_fail(keda_poll *poll, const keda_error *err);

/** Milliseconds left until the engine stops waiting; 0 when over. Thread: any. */
KEDA_API int64_t keda_poll_deadline_ms(const keda_poll *poll);

/** Civil time when the poll began, by the engine's clock: milliseconds since 1970 UTC. Thread: any. */
KEDA_API int64_t keda_poll_wall_ms(const keda_poll *poll);

/** keda_poll_due bits of this poll. Thread: any. */
KEDA_API uint32_t keda_poll_due_bits(const keda_poll *poll);

/** The instance's parsed parameters, its state, and itself. Thread: any while the poll lives. */
KEDA_API const void *keda_poll_meta(const keda_poll *poll);
KEDA_API void *keda_poll_state(const keda_poll *poll);
KEDA_API keda_scaler *keda_poll_scaler(const keda_poll *poll);

/** Lets an endpoint answer: it gets all polls that fell due together in one poll_batch. */
KEDA_API void keda_poll_via(keda_poll *poll, keda_endpoint *endpoint);

/* ---- the scaler ----------------------------------------------------------------------------- */

enum keda_scaler_flags {
    KEDA_SCALER_BLOCKING = 1 << 0,       /* poll may block: it runs on a thread of its own */
    KEDA_SCALER_PARAMS_BY_NAME = 1 << 1, /* no C struct: values by keda_param_string; `meta` of
                                          * every function is the instance, a keda_scaler * */
    KEDA_SCALER_BATCHES = 1 << 2 /* polls by way of an endpoint: phases follow the endpoint */
};

/**
 * A trigger type. The contract:
 * - `poll` leads to exactly one keda_poll_done or keda_poll_fail, at once or later, also after
 *   `cancel`. The engine may stop waiting at the deadline; a late answer is dropped safely.
 * - Without KEDA_SCALER_BLOCKING `poll` runs on the engine's thread and must not block.
 * - One instance never runs two polls at once.
 * - `close` comes after every poll has ended; a failed `open` is followed by `close`.
 * - `specs` and `check` are pure.
 */
typedef struct keda_scaler_desc {
    size_t struct_size;
    const char *type;         /* as in the trigger's `type:` */
    const char *summary;      /* one sentence for the documentation */
    const char *metrics_name; /* `scaler` label of metrics, such as "kafkaScaler"; NULL: type */
    const keda_field *fields; /* parameters */
    size_t nfields, field_size;
    size_t meta_size, state_size; /* the engine allocates both, zeroed */
    uint32_t flags;               /* keda_scaler_flags */
    /* required */
    keda_status (*specs)(const void *meta, keda_spec_list *out, keda_error *err, void *user);
    void (*poll)(void *state, const void *meta, keda_poll *poll, void *user);
    /* optional */
    keda_status (*check)(const void *meta, keda_error *err, void *user);
    keda_status (*open)(void *state, const void *meta, keda_scaler *self, keda_error *err,
                        void *user);
    void (*cancel)(void *state, keda_poll *poll, void *user);
    void (*close)(void *state, void *user);
    /* frees what `check` or `specs` derived into meta; the fields' own memory is the engine's */
} keda_scaler_desc;

/* ---- endpoints ------------------------------------------------------------------------------ */

enum keda_endpoint_flags {
    KEDA_ENDPOINT_BLOCKING = 1 << 0 /* poll_batch and close run on the endpoint's own thread */
};

/**
 * A kind of thing that instances share: a Kafka cluster, an AMQP connection. One exists per kind and
 * set of parameters; it lives while instances use it and `linger_ms` longer.
 * - `open` runs on the engine's thread and must not block; it copies what it keeps.
 * - `poll_batch` ends every poll it is given, each exactly once.
 * - A blocking endpoint never runs two batches at once; what falls due meanwhile is its next batch.
 */
typedef struct keda_endpoint_desc {
    size_t struct_size;
    const char *kind; /* "kafka" */
    size_t state_size;
    uint32_t flags;     /* keda_endpoint_flags */
    uint32_t max_batch; /* polls in one batch; 0: all */
    int64_t linger_ms;  /* 0: 60 s after its last user */
    keda_status (*open)(void *state, const keda_param *params, size_t nparams,
                        keda_endpoint *self, keda_error *err, void *user);
    void (*poll_batch)(void *state, keda_poll *const *polls, size_t npolls, void *user);
    void (*cancel)(void *state, void *user); /* from the engine's thread: end the batch soon */
    void (*close)(void *state, void *user);
} keda_endpoint_desc;

/**
 * Gives the endpoint of this kind and exactly these parameters, or opens a new one.
 *
 * kind     named, not linked: its module is loaded when needed
 * params   borrowed; part of the identity, secrets included (compared, never shown)
 * out      released by the engine after `close` of self
 * errors   KEDA_EUNSUPPORTED when no module has the kind; what its `open` said
 * thread   the engine's, from `open` of a scaler
 */
KEDA_API KEDA_MUST_USE keda_status keda_endpoint_acquire(keda_scaler *self, const char *kind,
                                                         const keda_param *params,
                                                         size_t nparams, keda_endpoint **out,
                                                         keda_error *err);

/** Hands a record of an endpoint to the host's log. Thread: any. */
KEDA_API void keda_endpoint_log(const keda_endpoint *self, int32_t level, const char *format,
                                ...) KEDA_PRINTF(3, 4);

/* ---- modules -------------------------------------------------------------------------------- */

/** What a module provides: the only symbol it exports, `const keda_module keda_module_v1`. */
typedef struct keda_module {
    size_t struct_size;
    int32_t abi_version; /* KEDA_ABI_VERSION it was built with */
    int32_t reserved;
    const char *name;
    const char *version;
    const keda_scaler_desc *const *scalers;
    size_t nscalers;
    const keda_endpoint_desc *const *endpoints;
    size_t nendpoints;
} keda_module;
#define KEDA_MODULE_SYMBOL "keda_module_v1"

KEDA_END_DECLS

#endif
