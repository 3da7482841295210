/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks documents for what they refer to. Anything of an unexpected shape is passed over: saying so is the
 * business of the engine, which reads the same documents.
 */
#include "operator/refs.h"

#include <string.h>

#include "base/text.h"

const char *refs_text(const keda_json *value, const char *path)
{
    const char *text = keda_json_string(keda_json_get(value, path));
    return text == NULL ? "" : text;
}

static keda_status give(need_kind kind, const keda_json *at, const char *key, ref_fn each,
                        void *user)
{
    const ref found = {.kind = kind, .name = refs_text(at, "name"), .key = key};
    return found.name[0] == '\0' ? KEDA_OK : each(&found, user);
}

/* ---- triggers */

static bool names_variable(const keda_json *metadata)
{
    const char *key = NULL;
    for (size_t i = 0; keda_json_at(metadata, i, &key) != NULL; i++) {
        if (key != NULL && text_has_suffix(key, "FromEnv"))
            return true;
    }
    return false;
}

bool refs_uses_environment(const keda_json *object)
{
    const keda_json *triggers = keda_json_get(object, "spec.triggers");
    for (size_t i = 0; i < keda_json_count(triggers); i++) {
        if (names_variable(keda_json_get(keda_json_at(triggers, i, NULL), "metadata")))
            return true;
    }
    return false;
}

/* ---- authentications */

static keda_status each_target_ref(const keda_json *list, need_kind kind, ref_fn each,
                                   void *user)
{
    keda_status rc = KEDA_OK;
    for (size_t i = 0; rc == KEDA_OK && i < keda_json_count(list); i++) {
        const keda_json *item = keda_json_at(list, i, NULL);
        rc = give(kind, item, refs_text(item, "key"), each, user);
    }
    return rc;
}

keda_status refs_of_auth(const keda_json *auth, ref_fn each, void *user)
{
    const keda_status rc =
        each_target_ref(keda_json_get(auth, "spec.secretTargetRef"), NEED_SECRET, each, user);
    return rc != KEDA_OK ? rc
                         : each_target_ref(keda_json_get(auth, "spec.configMapTargetRef"),
                                           NEED_CONFIG_MAP, each, user);
}

bool refs_auth_has_env(const keda_json *auth)
{
    return keda_json_count(keda_json_get(auth, "spec.env")) > 0;
}

/* ---- containers */

typedef struct choice {
    const char *chosen; /* envSourceContainerName; "": the first */
    const keda_json *const *auths;
    size_t nauths;
} choice;

/* Some authentication takes a variable of the container; one that names none, of the first. */
static bool is_named(const choice *c, const char *container, bool is_first)
{
    for (size_t a = 0; a < c->nauths; a++) {
        const keda_json *env = keda_json_get(c->auths[a], "spec.env");
        for (size_t i = 0; i < keda_json_count(env); i++) {
            const char *name = refs_text(keda_json_at(env, i, NULL), "containerName");
            if (name[0] == '\0' ? is_first : strcmp(name, container) == 0)
                return true;
        }
    }
    return false;
}

static bool counts(const choice *c, const char *container, bool is_first)
{
    const bool is_source = c->chosen[0] == '\0' ? is_first : strcmp(c->chosen, container) == 0;
    return is_source || is_named(c, container, is_first);
}

static keda_status each_of_env_from(const keda_json *list, ref_fn each, void *user)
{
    keda_status rc = KEDA_OK;
    for (size_t i = 0; rc == KEDA_OK && i < keda_json_count(list); i++) {
        const keda_json *item = keda_json_at(list, i, NULL);
        rc = give(NEED_SECRET, keda_json_get(item, "secretRef"), NULL, each, user);
        if (rc == KEDA_OK)
            rc = give(NEED_CONFIG_MAP, keda_json_get(item, "configMapRef"), NULL, each, user);
    }
    return rc;
}

static keda_status each_of_env(const keda_json *list, ref_fn each, void *user)
{
    keda_status rc = KEDA_OK;
    for (size_t i = 0; rc == KEDA_OK && i < keda_json_count(list); i++) {
        const keda_json *from = keda_json_get(keda_json_at(list, i, NULL), "valueFrom");
        const keda_json *secret = keda_json_get(from, "secretKeyRef");
        const keda_json *map = keda_json_get(from, "configMapKeyRef");
        rc = give(NEED_SECRET, secret, refs_text(secret, "key"), each, user);
        if (rc == KEDA_OK)
            rc = give(NEED_CONFIG_MAP, map, refs_text(map, "key"), each, user);
    }
    return rc;
}

keda_status refs_of_target(const keda_json *target, const keda_json *object,
                           const keda_json *const *auths, size_t nauths, ref_fn each,
                           void *user)
{
    const choice c = {.chosen = refs_text(object, "spec.scaleTargetRef.envSourceContainerName"),
                      .auths = auths,
                      .nauths = nauths};
    const keda_json *containers = keda_json_get(target, "spec.template.spec.containers");
    keda_status rc = KEDA_OK;

    for (size_t i = 0; rc == KEDA_OK && i < keda_json_count(containers); i++) {
        const keda_json *container = keda_json_at(containers, i, NULL);
        if (!counts(&c, refs_text(container, "name"), i == 0))
            continue;
        rc = each_of_env_from(keda_json_get(container, "envFrom"), each, user);
        if (rc == KEDA_OK)
            rc = each_of_env(keda_json_get(container, "env"), each, user);
    }
    return rc;
}
