/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operator's own structs, for the files of this room. objects.c has the table of ScaledObjects and
 * their queue, reconcile.c what is to be done next for one, watches.c the collections; every other file is
 * one step or one kind of thing an object depends on.
 */
#ifndef OPERATOR_OPERATOR_H
#define OPERATOR_OPERATOR_H

#include <keda/operator.h>

#include "engine/hosted.h"
#include "engine/kept_error.h"
#include "kube/counts.h"
#include "operator/needs.h"
#include "operator/notes.h"

#define OP_API_VERSION "keda.sh/v1alpha1"
#define OP_FINALIZER   "finalizer.keda.sh"

enum { OP_VERSION_SIZE = 64, OP_NWATCHED = 4 };

typedef struct op_object op_object;
typedef struct op_dep op_dep;

/* ---- collections (watches.c) */

typedef struct op_watch op_watch;
typedef struct op_collection {
    kube_resource resource;
    const char *title; /* "scaledobjects": for people */
    bool is_optional;  /* when it is forbidden or unknown, it counts as empty */
    void (*object)(op_watch *w, const keda_json *object);
    void (*gone)(op_watch *w, const keda_json *object);
    void (*sweep)(op_watch *w); /* what has another mark than the watch's is gone */
} op_collection;

struct op_watch {
    keda_operator *op;
    const op_collection *what;
    const char *space; /* borrowed from the settings; NULL: all */
    keda_kube_watch *watch;
    uint32_t mark; /* of the present list */
    bool is_listed;
    bool is_excused;  /* in trouble, and optional */
    loop_timer again; /* lists anew: something did not fit into memory */
    kept_error trouble;
};

/* ---- what scales the same target: HPAs, and ScaledObjects (hpas.c) */

typedef struct op_slot op_slot;
typedef struct op_hpa op_hpa;
struct op_hpa {
    table_node node; /* first; by "ns/name" */
    op_watch *watch;
    uint32_t mark;
    op_slot *slot;
    op_hpa *next, *prev; /* of the slot */
    char *key, *space, *uid;
    const char *name;             /* in key */
    char *owner_uid, *owner_name; /* of a ScaledObject that owns it; NULL: none */
    bool is_excepted;             /* validations.keda.sh/hpa-ownership: "false" */
    bool is_going;                /* it has a deletionTimestamp, or we have deleted it */
};

struct op_slot {
    table_node node; /* first; by "ns/group/kind/name" */
    char *key;
    op_hpa *hpas;
    op_object *objects;
};

/* ---- what is read for others (dependencies.c, auths.c) */

typedef enum op_presence { OP_UNKNOWN = 0, OP_PRESENT, OP_ABSENT } op_presence;

typedef struct op_use op_use; /* one object's interest in one dependency */
struct op_use {
    op_use *next, *prev;    /* users of the dependency */
    op_use *next_of_object; /* dependencies of the object */
    op_object *object;
    op_dep *dep;
    bool is_needed; /* in the present pass */
};

struct op_dep {
    table_node node; /* first; by "kind/ns/name" or, of a target, "t/version/kind/ns/name" */
    keda_operator *op;
    need_kind kind;
    char *key, *space, *name, *api_version, *kind_name; /* the last two of a target */
    op_watch *watch;                                    /* of authentications */
    uint32_t mark;
    op_presence presence;
    char *text; /* what matters of it, as JSON; may be secret */
    size_t size;
    kept_error trouble; /* why it cannot be read */
    int32_t failures;
    int64_t read_at_ms; /* when last begun; INT64_MIN: never */
    keda_kube_call *call;
    loop_timer timer;
    bool has_turn; /* the timer waits for its turn among those that are read again */
    bool is_dirty; /* asked for again while being read */
    op_use *users;
};

/* ---- ScaledObjects (objects.c) */

typedef enum op_step { /* what the request under way is for */
                       OP_STEP_NONE = 0,
                       OP_STEP_CLAIM,
                       OP_STEP_REFRESH,
                       OP_STEP_COUNT,
                       OP_STEP_HPA,
                       OP_STEP_RESTORE,
                       OP_STEP_RELEASE,
                       OP_STEP_STATUS,
                       OP_STEP_COUNTED
} op_step;

typedef struct op_target {
    char *api_version, *kind, *name;
} op_target;

struct op_object {
    table_node node; /* first; by key */
    keda_operator *op;
    op_watch *watch;
    uint32_t mark;
    op_object *next, *prev; /* of the queue */
    bool is_queued;
    bool is_dirty;     /* something has changed besides what the engine says of it */
    char *key, *space; /* key: "ns/name", as the engine names the workload */
    const char *name;  /* in key */

    char *text; /* the newest object known, without what nobody reads */
    size_t size;
    char uid[OP_VERSION_SIZE], version[OP_VERSION_SIZE];
    bool is_stale; /* a write of ours met another version: to be read again */

    op_target target;
    op_slot *slot;
    op_object *slot_next, *slot_prev;
    kube_follower *follower;
    kube_presence presence; /* last acted upon */
    int64_t target_generation;
    int64_t unknown_since_ms; /* the target's presence; -1: it is known */
    int32_t original;         /* count of the target before us; -1: not known */
    bool is_retargeted;       /* what the status says of it is another target's */
    op_use *uses;

    keda_kube_call *call; /* the one request under way */
    op_step step;
    loop_timer timer; /* tries again */
    int32_t failures;
    int64_t retry_at_ms;
    kept_error problem; /* why it is not at work, or not as it is written now */
    kept_error refusals[OP_STEP_COUNTED]; /* of each step's last request; only logged */

    bool is_at_work;
    bool is_own_target; /* it is at work on the target it names now */
    bool has_decided;   /* since it was put to work */
    uint64_t work_hash; /* of its bundle; 0: none */
    uint64_t failed_hash;
    int64_t last_active_wall_ms; /* kept when it leaves the engine; -1: none */
    int64_t nputs;

    bool is_finalizing, is_restored, has_told_deleted;
    bool is_status_due;
    uint64_t status_digest;   /* of what the engine said when it was last compared; 0: never */
    bool is_ready;            /* the Ready condition, as last made */
    bool is_scale_failing;    /* notes_of_decision's memory */
    int32_t *failures_before; /* notes_of_triggers' memory */
    size_t nfailures_before;
    char *status_now; /* being written */
    char *status_was; /* what the server had before */
};

/* ---- the operator */

typedef struct op_settings {
    char **spaces;
    size_t nspaces;
    char *label_selector, *cluster_space, *identity, *lease_name, *lease_space;
    bool is_secret_access_restricted, is_elected;
    int64_t lease_duration_ms, renew_deadline_ms, retry_ms, reread_ms;
} op_settings;

struct keda_operator {
    keda_engine *engine;
    keda_kube *kube;
    loop *l;
    const log_sink *log;
    op_settings settings;
    bool is_dry_run;

    keda_kube_lease *lease;
    char *holder;
    bool is_leader;
    bool is_acting; /* its watches are open */
    bool is_synced; /* it has been, since it acts: objects are worked on */
    bool is_stopping;

    op_watch *watches;
    size_t nwatches;
    table objects, deps, hpas, slots;
    size_t nauths, ncluster_auths;
    op_object *queue;
    loop_timer pump;
    int64_t reread_turn_ms; /* when the next one may be read again */
    size_t ncalls;          /* requests of our own under way */
    keda_buf trouble;

    loop_timer stop_timer;
    int64_t stop_by_ms;
    void (*stopped)(void *user);
    void *stopped_user;
};

/* operator.c */
int64_t op_now_ms(const keda_operator *op);
void op_act_stop(keda_operator *op); /* leaves everything, at once */

/* watches.c */
keda_status op_watches_open(keda_operator *op, keda_error *err);
void op_watches_close(keda_operator *op);
/* Something it told could not be kept: it is listed again in a while. */
void op_watch_missed(op_watch *w);
bool op_are_all_listed(const keda_operator *op);

/* objects.c */
extern const op_collection op_scaled_objects;
void op_object_queue(op_object *o);        /* to be looked at soon; any number of times */
void op_object_queue_status(op_object *o); /* likewise, for its status alone */
/* The newest state of it, from an answer to a request of ours; older ones are ignored. */
void op_object_learn(op_object *o, const keda_json *object);
void op_object_retry(op_object *o); /* in a while: 1 s, doubling to 5 min */
void op_objects_queue_all(keda_operator *op);
void op_objects_free(keda_operator *op); /* takes them out of the engine, too */
void op_pump_stop(keda_operator *op);

/* lane.c: one request at a time for each object */
bool op_lane_is_free(op_object *o); /* gives up a status that is being written */
void op_lane_cancel(op_object *o);
void op_lane_begin(op_object *o, op_step step); /* call is already set */
op_step op_lane_end(op_object *o);
/* A step's request was refused: logged once. err NULL: it went well. */
void op_lane_refused(op_object *o, op_step step, const char *what, const keda_error *err);
bool op_lane_is_refused(const op_object *o,
                        op_step step); /* and it is not yet time to try again */
bool op_lane_has_refusals(const op_object *o);
void op_object_ref(const op_object *o, keda_kube_ref *ref);
void op_target_ref(const op_object *o, keda_kube_ref *ref);

/* reconcile.c: what is the next step of one object */
typedef enum op_progress { OP_GOES_ON = 0, OP_WAITS, OP_FAILS } op_progress;
void op_reconcile(op_object *o);

/* The steps. Each looks what is missing, begins one request when something is, and says whether the next
 * step may be taken. OP_FAILS: *err says why. */
op_progress op_claim(op_object *o, const keda_json *object, keda_error *err); /* claim.c */
op_progress op_find_target(op_object *o, const keda_json *object,
                           keda_error *err); /* follow.c */
op_progress op_find_count(op_object *o, const keda_json *object,
                          keda_error *err); /* follow.c */
op_progress op_clear_hpas(op_object *o, const keda_json *object, keda_error *err); /* hpas.c */
op_progress op_note_count(op_object *o, const keda_json *object,
                          keda_error *err);                                  /* status_send.c */
op_progress op_work(op_object *o, const keda_json *object, keda_error *err); /* work.c */
/* It is gone by our own doing; the watch may say so before the answer to our request does. */
void op_tell_deleted(op_object *o);
op_progress op_yield(op_object *o, const keda_json *object, keda_error *err); /* rivals.c */
void op_finalize(op_object *o, const keda_json *object);                      /* finalize.c */

/* follow.c */
void op_target_clear(op_object *o);
bool op_wants_restore(const keda_json *object);
/* Follows what the object names, if it does not yet. */
keda_status op_follow(op_object *o, const keda_json *object, keda_error *err);

/* hpas.c */
extern const op_collection op_hpas;
keda_status op_slot_join(op_object *o, keda_error *err);
void op_slot_leave(op_object *o); /* wakes the others */
void op_hpas_free(keda_operator *op);

/* dependencies.c */
keda_status op_dep_get(keda_operator *op, op_dep **out, need_kind kind, const char *space,
                       const char *name, const op_target *target, keda_error *err);
void op_dep_begin_pass(op_object *o);
keda_status op_dep_use(op_object *o, op_dep *dep, keda_error *err);
void op_dep_end_pass(op_object *o); /* lets go of what was not used in it */
void op_dep_drop_all(op_object *o);
void op_dep_read(op_dep *dep);                     /* now, unless it is being read */
void op_dep_set(op_dep *dep, keda_buf *take_text); /* NULL: it does not exist */
void op_dep_release(op_dep *dep);                  /* frees it when nobody needs it */
void op_deps_refused(op_object *o); /* credentials were refused: read them again */
void op_deps_target_changed(op_object *o);
void op_deps_free(keda_operator *op);

/* auths.c */
extern const op_collection op_auths, op_cluster_auths;

/* work.c */
void op_leave_engine(op_object *o);

/* status_send.c */
void op_status_send(op_object *o, const keda_json *object);
void op_status_forget(op_object *o); /* what was kept of one that was being written */
bool op_status_is_old(
    op_object *o); /* the engine says what it said when that was last written */

/* events.c */
void op_event(op_object *o, bool is_warning, const char *reason, const char *action,
              const char *text);
void op_event_note(const note *n, void *user); /* user: op_object */

/* observe.c */
void op_observe(keda_operator *op);

/* keep.c: {"apiVersion","kind","metadata":{these},these}; lists end with NULL */
keda_status op_copy(keda_buf *out, const char *api_version, const char *kind,
                    const keda_json *object, const char *const *metadata,
                    const char *const *members);
/* Of the spec the template alone. */
keda_status op_copy_template(keda_buf *out, const char *api_version, const char *kind,
                             const keda_json *object, const char *const *metadata);
bool op_copy_text(char **to, const char *text); /* replaces; false: out of memory */
const char *op_text(const keda_json *object, const char *path); /* "" when it is none */

#endif
