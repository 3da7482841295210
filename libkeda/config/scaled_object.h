/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The resources as typed, defaulted, validated values: ScaledObject, TriggerAuthentication, Secret,
 * ConfigMap, ProcessPool. Pure: documents in, values and findings out; what needs the scaler types
 * (parameters of a trigger) is checked by the engine with params.h.
 */
#ifndef CONFIG_SCALED_OBJECT_H
#define CONFIG_SCALED_OBJECT_H

#include <keda/decide.h>
#include <keda/scaler.h>

#include "document.h"
#include "text_block.h"

typedef struct trigger_spec {
    char *type;
    char *name; /* "" when unset */
    keda_map metadata;
    char *auth_name; /* authenticationRef.name; NULL: none */
    char *auth_kind;
    int32_t target_type; /* keda_target_type */
    char *metric_type;   /* as written, "" when unset */
    bool use_cached_metrics;
    int32_t line, column;
    const node *metadata_node; /* for places of findings; lives as long as the document */
} trigger_spec;

typedef struct behavior_spec {
    bool has_up, has_down;
    keda_scaling_rules up, down; /* policies point into the arrays below */
    keda_rate_policy *up_policies, *down_policies;
} behavior_spec;

typedef struct scaled_object {
    char *space, *name, *id; /* id: namespace/name */
    char *target_api_version, *target_kind, *target_name;
    char *env_container;         /* envSourceContainerName; NULL: first */
    int64_t polling_interval_ms; /* 30 s; libkeda.io/polling-interval may be finer */
    int64_t sync_interval_ms;    /* 15 s; libkeda.io/sync-interval */
    int32_t cooldown_s, initial_cooldown_s;
    int32_t min_replicas, max_replicas,
        idle_replicas;       /* as keda_policy: -1, 0, -1 when unset */
    int32_t pause;           /* keda_pause bits */
    int32_t paused_replicas; /* -1: none */
    bool force_activation;
    bool restore_original; /* advanced.restoreToOriginalReplicaCount */
    char *hpa_name;
    behavior_spec *behavior; /* NULL: none */
    bool has_fallback;
    int32_t fallback_threshold, fallback_replicas;
    char *fallback_behavior; /* "static" when unset */
    bool has_modifiers;
    char *formula, *modifiers_target, *modifiers_activation, *modifiers_metric_type;
    keda_formula *compiled_formula; /* of the triggers' names; NULL without modifiers */
    trigger_spec *triggers;
    size_t ntriggers;
    text_block texts; /* where all of its texts lie once it is read */
} scaled_object;

/* Reads one document; findings are added with places (errors, unknown names with a did-you-mean,
 * warnings for what is parsed but not honoured). strict: what upstream accepts but we would not, is an
 * error. Returns KEDA_EINVAL when any finding is an error; *out is then empty. */
keda_status scaled_object_read(scaled_object *out, const document *doc, bool is_strict,
                               keda_findings *findings, keda_error *err);
void scaled_object_clear(scaled_object *object);

/* What members mean together (spec: admission S1 to S16), by upstream's checks. */
enum scaled_object_checks {
    CHECK_REPLICAS = 1 << 0,  /* S1, S2 */
    CHECK_TRIGGERS = 1 << 1,  /* S4, S5 */
    CHECK_FALLBACK = 1 << 2,  /* S7, S16 */
    CHECK_NAMES = 1 << 3,     /* S8, S9 */
    CHECK_ZERO = 1 << 4,      /* S14 */
    CHECK_MODIFIERS = 1 << 5, /* S15; without it the formula is not compiled */
    CHECK_ALL = (1 << 6) - 1
};
/* scaled_object_read with some of the checks alone. */
keda_status scaled_object_read_checked(scaled_object *out, const document *doc, uint32_t checks,
                                       bool is_strict, keda_findings *findings,
                                       keda_error *err);

/* The decision policy without its metrics; pointers reach into object. */
void scaled_object_policy(const scaled_object *object, keda_policy *out);
/* Number of a trigger's variable in the formula, for keda_metric_policy; 0: it has none. */
int32_t scaled_object_variable(const scaled_object *object, size_t trigger);
/* cpu and memory, which are read from the pods. */
bool trigger_spec_is_resource(const trigger_spec *trigger);

typedef enum auth_source { AUTH_SECRET = 1, AUTH_ENV = 2, AUTH_CONFIG_MAP = 3 } auth_source;
typedef struct auth_entry {
    auth_source source;
    char *parameter;
    char *name; /* of the Secret or ConfigMap, or of the variable */
    char *key;
    char *container; /* whose variable; NULL: as the ScaledObject says */
    int32_t line, column;
} auth_entry;

/* Entries in the order of evaluation (env, configMapTargetRef, secretTargetRef); later overwrite. */
typedef struct trigger_auth {
    char *space, *name;
    auth_entry *entries;
    size_t count;
} trigger_auth;
keda_status trigger_auth_read(trigger_auth *out, const document *doc, bool is_strict,
                              keda_findings *findings, keda_error *err);
void trigger_auth_clear(trigger_auth *auth);

/* Secret (data in base64, stringData) and ConfigMap (data) alike; wiped when cleared. */
typedef struct key_values {
    char *space, *name;
    keda_map values;
} key_values;
keda_status secret_read(key_values *out, const document *doc, keda_findings *findings,
                        keda_error *err);
keda_status config_map_read(key_values *out, const document *doc, keda_findings *findings,
                            keda_error *err);
void key_values_clear(key_values *kv);

/* Checks a ProcessPool and writes its defaulted spec as JSON, for the target: command [..], env {..},
 * workingDirectory, user, gracePeriodSeconds, restart {minSeconds, maxSeconds}, limits {..}. */
keda_status process_pool_read(keda_buf *spec_json, const document *doc, bool is_strict,
                              keda_findings *findings, keda_error *err);

#endif
