/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a status holds, as tables for its schema (spec: scaledobject 12, auth 1). Open: KEDA may have written
 * more, and what it wrote stays.
 */
#include "operator/crd_schema.h"

#include <string.h>

#define TEXT(title, about)                                                                     \
    {                                                                                          \
        .name = (title), .kind = MEMBER_TEXT, .help = (about)                                  \
    }
#define COUNT(title, about)                                                                    \
    {                                                                                          \
        .name = (title), .kind = MEMBER_INT32, .help = (about)                                 \
    }
#define ANY_MAP(title, about)                                                                  \
    {                                                                                          \
        .name = (title), .shape = MEMBER_AS_MAP, .help = (about)                               \
    }
#define NAMES(title, about)                                                                    \
    {                                                                                          \
        .name = (title), .shape = MEMBER_AS_TEXTS, .help = (about)                             \
    }

static const member resource_members[] = {TEXT("group", NULL), TEXT("version", NULL),
                                          TEXT("kind", NULL), TEXT("resource", NULL)};
static const member_table resource_table = {MEMBER_TABLE(resource_members), .is_open = true};

static const member condition_members[] = {
    {.name = "type",
     .kind = MEMBER_TEXT,
     .flags = MEMBER_REQUIRED,
     .help = "Ready, Active, Fallback or Paused."},
    {.name = "status",
     .kind = MEMBER_TEXT,
     .flags = MEMBER_REQUIRED,
     .help = "True, False or Unknown."},
    TEXT("reason", "Why, in one word."),
    TEXT("message", "Why, for people."),
};
static const member_table condition_table = {MEMBER_TABLE(condition_members), .is_open = true};

static const member object_members[] = {
    TEXT("scaleTargetKind", "Group, version and kind of the target."),
    {.name = "scaleTargetGVKR",
     .shape = MEMBER_AS_MAP,
     .table = &resource_table,
     .help = "The same one by one, with the name of the resource."},
    COUNT("originalReplicaCount", "Replicas the target had before."),
    TEXT("lastActiveTime", "When a trigger was active last, as far as it was written."),
    NAMES("externalMetricNames", "The metrics of the triggers."),
    NAMES("resourceMetricNames", "Those of cpu and memory."),
    TEXT("compositeScalerName", "The metric made by a formula."),
    {.name = "conditions",
     .shape = MEMBER_AS_LIST,
     .table = &condition_table,
     .help = "How it goes."},
    ANY_MAP("health", "Failures in a row by metric, where there is a fallback."),
    ANY_MAP("triggersActivity", "Which metric is active."),
    COUNT("pausedReplicaCount", "Count at which it is paused."),
    TEXT("hpaName", "HorizontalPodAutoscaler that KEDA has made."),
    TEXT("triggersTypes", "Types of the triggers, each once."),
    TEXT("authenticationsTypes", "Names of the authentications, each once."),
};
static const member_table object_table = {MEMBER_TABLE(object_members), .is_open = true};

static const member auth_members[] = {
    TEXT("scaledobjects", "Names of the ScaledObjects that use it."),
    TEXT("scaledjobs", "Names of the ScaledJobs that use it."),
};
static const member_table auth_table = {MEMBER_TABLE(auth_members), .is_open = true};

const member_table *crd_status_of(const char *kind)
{
    return strcmp(kind, "ScaledObject") == 0 ? &object_table : &auth_table;
}
