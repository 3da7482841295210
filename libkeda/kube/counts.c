/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Followers and what they are told. Kinds, watches and what is kept of objects are in counts_kind.c and
 * counts_rows.c.
 */
#include "kube/counts.h"

#include "base/mem.h"
#include "kube/counts_kind.h"

#include <string.h>

struct kube_follower {
    kube_kind *kind; /* NULL: the counts are gone */
    kube_row *row;
    kube_follower *next;                          /* of the same object */
    kube_follower *waiting_next, **waiting_place; /* to be told; place NULL: not */
    void (*changed)(void *user);
    void *user;
};

/* ---- telling */

static void wait_for_telling(kube_follower *f, kube_follower **list)
{
    if ((f->waiting_next = *list) != NULL)
        f->waiting_next->waiting_place = &f->waiting_next;
    f->waiting_place = list;
    *list = f;
}

static void wait_no_more(kube_follower *f)
{
    if (f->waiting_place == NULL)
        return;
    if ((*f->waiting_place = f->waiting_next) != NULL)
        f->waiting_next->waiting_place = f->waiting_place;
    f->waiting_next = NULL;
    f->waiting_place = NULL;
}

/* What changes meanwhile is told the next time. */
static void tell(loop_after *after, void *user)
{
    kube_counts *counts = user;

    (void)after;
    if ((counts->telling_now = counts->waiting) != NULL)
        counts->telling_now->waiting_place = &counts->telling_now;
    counts->waiting = NULL;
    while (counts->telling_now != NULL) {
        kube_follower *f = counts->telling_now;
        wait_no_more(f);
        f->changed(f->user); /* may end any follower */
    }
}

void kube_row_changed(kube_counts *counts, const kube_row *row, const kube_follower *except)
{
    for (kube_follower *f = row->followers; f != NULL; f = f->next) {
        if (f->changed == NULL || f == except || f->waiting_place != NULL)
            continue;
        wait_for_telling(f, &counts->waiting);
        loop_after_add(counts->kube->l, &counts->telling, tell, counts);
    }
}

/* ---- the whole */

static keda_status copy_namespaces(kube_counts *counts, const char *const *namespaces,
                                   size_t nnamespaces)
{
    if (nnamespaces == 0)
        return KEDA_OK;
    counts->namespaces = mem_zalloc(nnamespaces, sizeof(char *));
    if (counts->namespaces == NULL)
        return KEDA_ENOMEM;
    for (; counts->nnamespaces < nnamespaces; counts->nnamespaces++) {
        char *copy = mem_strdup(namespaces[counts->nnamespaces]);
        if (copy == NULL)
            return KEDA_ENOMEM;
        counts->namespaces[counts->nnamespaces] = copy;
    }
    return KEDA_OK;
}

keda_status kube_counts_new(kube_counts **out, keda_kube *kube, const char *const *namespaces,
                            size_t nnamespaces, keda_error *err)
{
    kube_counts *counts = mem_zalloc(1, sizeof *counts);

    if (counts == NULL)
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    counts->kube = kube;
    if (copy_namespaces(counts, namespaces, nnamespaces) != KEDA_OK) {
        kube_counts_free(counts);
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    *out = counts;
    return KEDA_OK;
}

/* Followers that are left know nothing from now on. */
static void orphan(const kube_kind *kind)
{
    for (kube_row *row = kube_rows_next(&kind->rows, NULL); row != NULL;
         row = kube_rows_next(&kind->rows, row)) {
        for (kube_follower *f = row->followers, *next; f != NULL; f = next) {
            next = f->next;
            wait_no_more(f);
            f->kind = NULL;
            f->row = NULL;
            f->next = NULL;
        }
        row->followers = NULL;
    }
}

void kube_counts_free(kube_counts *counts)
{
    if (counts == NULL)
        return;
    for (kube_kind *kind = counts->kinds, *next; kind != NULL; kind = next) {
        next = kind->next;
        orphan(kind);
        kube_kind_free(kind);
    }
    loop_after_cancel(counts->kube->l, &counts->telling);
    loop_after_cancel(counts->kube->l, &counts->reaper);
    for (size_t i = 0; i < counts->nnamespaces; i++)
        mem_free(counts->namespaces[i]);
    mem_free(counts->namespaces);
    mem_free(counts);
}

keda_kube *kube_counts_client(const kube_counts *counts)
{
    return counts->kube;
}

/* ---- following */

static kube_kind *need_kind(kube_counts *counts, const char *api_version, const char *name)
{
    kube_kind *kind = counts->kinds;

    while (kind != NULL &&
           !(strcmp(kind->name, name) == 0 && strcmp(kind->api_version, api_version) == 0))
        kind = kind->next;
    if (kind == NULL && (kind = kube_kind_new(counts, api_version, name)) != NULL) {
        kind->next = counts->kinds;
        counts->kinds = kind;
    }
    return kind;
}

/* Late, so that what is given up and taken up again in one go is not listed twice. */
static void reap(loop_after *after, void *user)
{
    kube_counts *counts = user;

    (void)after;
    for (kube_kind **link = &counts->kinds; *link != NULL;) {
        kube_kind *kind = *link;
        if (kind->nfollowers > 0) {
            link = &kind->next;
            continue;
        }
        *link = kind->next;
        kube_kind_free(kind);
    }
}

static void reap_later(kube_counts *counts)
{
    loop_after_add(counts->kube->l, &counts->reaper, reap, counts);
}

static bool join(kube_follower *f, kube_counts *counts, const keda_kube_ref *ref)
{
    const char *api_version = ref->api_version == NULL ? "apps/v1" : ref->api_version;
    const char *name = ref->kind == NULL ? "Deployment" : ref->kind;
    const char *space = ref->space == NULL ? counts->kube->space : ref->space;

    f->kind = need_kind(counts, api_version, name);
    if (f->kind == NULL)
        return false;
    f->row = kube_rows_need(&f->kind->rows, space, ref->name);
    if (f->row == NULL) {
        reap_later(counts); /* if the kind is new */
        return false;
    }
    f->next = f->row->followers;
    f->row->followers = f;
    f->kind->nfollowers++;
    return true;
}

keda_status kube_follow(kube_follower **out, kube_counts *counts, const keda_kube_ref *ref,
                        void (*changed)(void *user), void *user, keda_error *err)
{
    if (ref->name == NULL || ref->name[0] == '\0')
        return keda_error_set(err, KEDA_EINVAL, "an object without a name");
    kube_follower *f = mem_zalloc(1, sizeof *f);
    if (f == NULL || !join(f, counts, ref)) {
        mem_free(f);
        return keda_error_set(err, KEDA_ENOMEM, "out of memory");
    }
    f->changed = changed;
    f->user = user;
    kube_kind_find(f->kind);
    *out = f;
    return KEDA_OK;
}

static void leave(kube_follower *f)
{
    kube_follower **link = &f->row->followers;

    while (*link != f)
        link = &(*link)->next;
    *link = f->next;
    kube_rows_release(&f->kind->rows, f->row);
    if (--f->kind->nfollowers == 0)
        reap_later(f->kind->counts);
}

void kube_unfollow(kube_follower *f)
{
    if (f == NULL)
        return;
    wait_no_more(f);
    if (f->kind != NULL)
        leave(f);
    mem_free(f);
}

/* ---- what is known */

static kube_presence say(kube_presence presence, const kube_follower *f, keda_error *err,
                         keda_status code, const char *what)
{
    keda_error_set(err, code, "%s %s %s", f->kind->name, f->row->key, what);
    return presence;
}

/* Why something is not known: what went wrong, or that it has not been listed yet. */
static kube_presence say_unknown(const kube_follower *f, const keda_error *trouble,
                                 kube_presence presence, keda_error *err)
{
    if (trouble->code == KEDA_OK)
        return say(presence, f, err, KEDA_ETIMEOUT, "is not listed yet");
    if (err != NULL)
        *err = *trouble;
    keda_error_wrap(err, (keda_status)trouble->code, "%s %s", f->kind->name, f->row->key);
    return presence;
}

/* Of the kind, before there is a list. */
static kube_presence look_at_kind(const kube_follower *f, keda_error *err)
{
    const kube_kind *kind = f->kind;

    if (kind->is_missing) {
        keda_error_set(err, KEDA_ENOTFOUND, "the cluster has no kind %s of %s", kind->name,
                       kind->api_version);
        return KUBE_NO_KIND;
    }
    if (kind->resource == NULL)
        return say_unknown(f, &kind->trouble, KUBE_NOT_KNOWN, err);
    if (!kube_kind_is_usable(kind))
        return say(KUBE_NOT_SCALABLE, f, err, KEDA_ENOTFOUND, "has no scale subresource");
    return KUBE_PRESENT;
}

static kube_presence look_at_scope(const kube_follower *f, keda_error *err)
{
    const kube_scope *scope = kube_kind_scope(f->kind, f->row->key);

    if (f->kind->scopes == NULL)
        return say(KUBE_NOT_KNOWN, f, err, KEDA_ENOMEM, "is not watched: out of memory");
    if (scope == NULL)
        return say(KUBE_NOT_WATCHED, f, err, KEDA_EUNSUPPORTED,
                   "is in none of the namespaces that are watched");
    if (kube_scope_is_refused(scope))
        return say_unknown(f, &scope->trouble, KUBE_NOT_WATCHED, err);
    if (f->row->facts != NULL)
        return KUBE_PRESENT;
    if (!scope->is_listed)
        return say_unknown(f, &scope->trouble, KUBE_NOT_KNOWN, err);
    return say(KUBE_ABSENT, f, err, KEDA_ENOTFOUND, "does not exist");
}

kube_presence kube_look(const kube_follower *f, kube_count *count, keda_error *err)
{
    if (f->kind == NULL) {
        keda_error_set(err, KEDA_EUNAVAILABLE, "the cluster's client is closed");
        return KUBE_NOT_KNOWN;
    }
    kube_presence presence = look_at_kind(f, err);
    if (presence == KUBE_PRESENT)
        presence = look_at_scope(f, err);
    if (presence != KUBE_PRESENT)
        return presence;
    const kube_facts *facts = f->row->facts;
    const char *selector = kube_facts_selector(facts);
    *count = (kube_count){.spec = facts->spec,
                          .status = facts->status,
                          .ready = facts->ready,
                          .generation = facts->generation,
                          .uid = kube_facts_uid(facts),
                          .resource_version = kube_facts_version(facts),
                          .selector = selector[0] == '\0' ? NULL : selector};
    return presence;
}

const kube_resource *kube_follower_resource(const kube_follower *f)
{
    return f->kind == NULL ? NULL : f->kind->resource;
}

void kube_learn(kube_follower *f, const keda_kube_scale *scale)
{
    kube_facts *known = f->kind == NULL ? NULL : f->row->facts;

    if (known == NULL ||
        kube_version_is_later(kube_facts_version(known), scale->resource_version))
        return;
    kube_facts *facts = kube_facts_with(known, scale);
    if (facts == NULL)
        return; /* a stale count costs one write that is refused */
    const bool is_same = kube_facts_agree(known, facts);
    f->row->facts = facts;
    mem_free(known);
    if (!is_same)
        kube_row_changed(f->kind->counts, f->row, f);
}
