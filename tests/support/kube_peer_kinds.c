/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds the API server in memory knows, from the start or added by a test; discovery and paths go by them.
 * Their objects are kube_peer_store.c's.
 */
#include "support/kube_peer_inside.h"

#include <stdlib.h>
#include <string.h>

peer_kind *store_kind(peer_store *s, const char *api_version, const char *kind)
{
    for (size_t i = 0; i < s->nkinds; i++) {
        peer_kind *k = s->kinds[i];
        if (!k->is_gone && strcmp(k->kind, kind) == 0 &&
            (api_version == NULL || strcmp(k->api_version, api_version) == 0))
            return k;
    }
    return NULL;
}

peer_kind *store_plural(peer_store *s, const char *group, const char *version,
                        const char *plural)
{
    for (size_t i = 0; i < s->nkinds; i++) {
        peer_kind *k = s->kinds[i];
        if (!k->is_gone && strcmp(k->group, group) == 0 && strcmp(k->version, version) == 0 &&
            strcmp(k->plural, plural) == 0)
            return k;
    }
    return NULL;
}

/* A kind that comes again is the old one: watches of it may be told what happened meanwhile. */
static peer_kind *revive(peer_store *s, const char *api_version, const char *kind)
{
    for (size_t i = 0; i < s->nkinds; i++) {
        peer_kind *k = s->kinds[i];
        if (strcmp(k->kind, kind) == 0 && strcmp(k->api_version, api_version) == 0) {
            peer_must(k->is_gone, "the kind is there already");
            k->is_gone = false;
            return k;
        }
    }
    return NULL;
}

peer_kind *store_add_kind(peer_store *s, const char *api_version, const char *kind,
                          const char *plural, bool has_scale, bool is_namespaced)
{
    const char *slash = strchr(api_version, '/');
    peer_kind *k = revive(s, api_version, kind);

    if (k != NULL)
        return k;
    s->kinds = realloc(s->kinds, (s->nkinds + 1) * sizeof *s->kinds);
    k = calloc(1, sizeof *k);
    peer_must(s->kinds != NULL && k != NULL, "memory");
    s->kinds[s->nkinds++] = k;
    k->api_version = peer_copy(api_version);
    k->group = peer_copy(slash == NULL ? "" : api_version);
    if (slash != NULL)
        k->group[slash - api_version] = '\0';
    k->version = peer_copy(slash == NULL ? api_version : slash + 1);
    k->kind = peer_copy(kind);
    k->plural = peer_copy(plural);
    k->has_scale = has_scale;
    k->is_namespaced = is_namespaced;
    return k;
}

void store_add_usual_kinds(peer_store *s)
{
    static const struct {
        const char *api_version, *kind, *plural;
        bool has_scale, is_namespaced;
    } all[] = {
        {"apps/v1", "Deployment", "deployments", true, true},
        {"apps/v1", "StatefulSet", "statefulsets", true, true},
        {"apps/v1", "ReplicaSet", "replicasets", true, true},
        {"apps/v1", "DaemonSet", "daemonsets", false, true},
        {"v1", "Pod", "pods", false, true},
        {"v1", "Secret", "secrets", false, true},
        {"v1", "ConfigMap", "configmaps", false, true},
        {"v1", "Service", "services", false, true},
        {"v1", "ServiceAccount", "serviceaccounts", false, true},
        {"v1", "Namespace", "namespaces", false, false},
        {"v1", "Node", "nodes", false, false},
        {"autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", false, true},
        {"coordination.k8s.io/v1", "Lease", "leases", false, true},
        {"events.k8s.io/v1", "Event", "events", false, true},
        {"keda.sh/v1alpha1", "ScaledObject", "scaledobjects", false, true},
        {"keda.sh/v1alpha1", "ScaledJob", "scaledjobs", false, true},
        {"keda.sh/v1alpha1", "TriggerAuthentication", "triggerauthentications", false, true},
        {"keda.sh/v1alpha1", "ClusterTriggerAuthentication", "clustertriggerauthentications",
         false, false}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        (void)store_add_kind(s, all[i].api_version, all[i].kind, all[i].plural,
                             all[i].has_scale, all[i].is_namespaced);
}

static void free_kind(peer_kind *k)
{
    free(k->api_version);
    free(k->group);
    free(k->version);
    free(k->kind);
    free(k->plural);
    free(k);
}

void store_free_kinds(peer_store *s)
{
    for (size_t i = 0; i < s->nkinds; i++)
        free_kind(s->kinds[i]);
    free(s->kinds);
}
