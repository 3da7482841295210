/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kedactl's commands, one file each, and what they share.
 */
#ifndef KEDACTL_H
#define KEDACTL_H

#include "cli.h"

struct simulate_options;

enum { KEDACTL_CHANGES = 32 };

typedef struct kedactl {
    bool is_json;      /* -o json, or jsonl */
    bool is_for_steps; /* -o table or jsonl: simulate */
    bool is_strict;    /* unknown fields are errors: the default of validate */
    bool has_strict;
    bool wants_features;
    const char *server;                   /* admin socket; NULL: the default place */
    const char *at;                       /* a time, as written; NULL: now */
    struct simulate_options *simulate;    /* NULL: none of its options was given */
    const char *journal, *workload;       /* NULL: none was named */
    const char *changes[KEDACTL_CHANGES]; /* --set, as written */
    size_t nchanges;
    bool with_rotated;
    cli_files files;
    const char *const *arguments; /* what followed the command, NULL-terminated */
} kedactl;

typedef int (*kedactl_command)(kedactl *k);

int command_validate(kedactl *k);
int command_poll(kedactl *k);
int command_scalers(kedactl *k);
int command_get(kedactl *k);
int command_explain(kedactl *k);
int command_replay(kedactl *k);
int command_simulate(kedactl *k);
int command_hpa(kedactl *k);
int command_crd(kedactl *k);
int command_version(kedactl *k);

/* ---- admin.c */

/* Asks a running kedad; *body is the answer's text, to be freed, or NULL after an exit code other than
 * CLI_OK, with the reason said. */
int admin_get(const kedactl *k, const char *page, char **body);
/* page/NAMESPACE/NAME; a bare name is in the namespace default. False, and said, when it is too long. */
bool admin_page(char *out, size_t size, const char *page, const char *workload);

/* ---- explain.c */

/* --at in milliseconds since 1970: "2026-01-31T12:00:00Z", also with a fraction or an offset; a whole
 * second means its end. False, and said, when it is none. */
bool parse_at(const char *text, int64_t *wall_ms);

/* ---- journal.c, replay.c: exit codes */

int explain_from_journal(const kedactl *k, const char *workload);
/* The decision at --at with the readings of --set. workload NULL: the only one. */
int replay_changed(const kedactl *k, const char *path, const char *workload);
/* NAMESPACE/NAME; a bare name is in the namespace default. False, and said, when it is too long. */
bool journal_workload(const char *workload, char *out, size_t size);
void journal_options(const kedactl *k, keda_replay_options *options);

/* ---- simulate_options.c */

/* Takes an option of simulate; false when it is wrong, which has been said. */
bool simulate_set(kedactl *k, const char *name, const char *value, bool *is_known);

/* Prints findings: errors and warnings to `out`, one a line. */
void print_finding(const keda_finding *finding, FILE *out);
void print_findings(const keda_findings *findings, FILE *out);
/* A keda_log_fn: what the library warns of, such as a module that it refused. */
void say_warning(int32_t level, const char *message, const keda_log_pair *pairs, size_t npairs,
                 void *user);
/* Says why, and gives the exit code that fits the status. */
int report_error(const char *what, const keda_error *err);

#endif
