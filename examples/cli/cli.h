/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kedad and kedactl share: the option table, reading files and folders of documents, JSON text,
 * tables for people, and where the admin socket and the state file live by default.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <keda/keda.h>

/* Exit codes, the same for every program. */
enum { CLI_OK = 0, CLI_NEGATIVE = 1, CLI_USAGE = 2, CLI_INTERNAL = 5 };

/* ---- options.c ------------------------------------------------------------------------------ */

typedef struct cli_option {
    const char *name;     /* without dashes */
    char letter;          /* 0: none */
    const char *argument; /* name of its value for the help; NULL: a flag */
    const char *help;
} cli_option;

typedef struct cli_program {
    const char *name;
    const char *usage; /* lines before the options */
    const cli_option *options;
    size_t noptions;
} cli_program;

/* Called for each option in order; returns false after having said what is wrong. */
typedef bool (*cli_option_fn)(const cli_option *option, const char *value, void *user);

/* Reads argv[1..]; what is no option is left in argv[*first..]. Returns -1 to go on, else the exit
 * code (help and version were printed, or the command line is wrong). */
int cli_parse(const cli_program *program, int argc, char **argv, cli_option_fn on_option,
              void *user, int *first);
void cli_help(const cli_program *program, FILE *out);

/* The name nearest to `text`, NULL when none is near. */
const char *cli_nearest(const char *text, const char *const *names, size_t count);

/* ---- files.c -------------------------------------------------------------------------------- */

/* Texts of files; `sources` point into them. */
typedef struct cli_files {
    keda_source *sources;
    size_t count, capacity;
    char *failed; /* why reading failed, for the user */
} cli_files;

/* Adds a file, all *.yaml, *.yml and *.json of a folder in order of name, or standard input ("-"). */
bool cli_files_add(cli_files *files, const char *path);
/* What a folder is searched for; hidden files are not. */
bool cli_is_document_name(const char *name);
void cli_files_clear(cli_files *files);

/* ---- text.c --------------------------------------------------------------------------------- */

void cli_json_text(FILE *out, const char *text); /* quoted and escaped; always valid JSON */
/* As it is, but what a terminal would obey, and bytes that are no UTF-8, as \xNN. */
void cli_plain_text(FILE *out, const char *text);
bool cli_is_plain(const char *text);           /* cli_plain_text would change nothing */
void cli_json_number(FILE *out, double value); /* null when not finite */

/* A table for people: columns as wide as their widest cell. */
#define CLI_COLUMNS 8
typedef struct cli_table {
    char *(*rows)[CLI_COLUMNS];
    size_t nrows, capacity, ncolumns;
} cli_table;
bool cli_table_row(cli_table *table, size_t ncells, const char *const *cells);
void cli_table_print(const cli_table *table, FILE *out);
void cli_table_clear(cli_table *table);

/* ---- deviations.c --------------------------------------------------------------------------- */

/* "default,PausedInactive" to keda_deviation bits; false, and the names said, for an unknown one. */
bool cli_deviations(const char *program, const char *list, uint32_t *out);

/* ---- places.c ------------------------------------------------------------------------------- */

/* $RUNTIME_DIRECTORY/kedad.sock, else $XDG_RUNTIME_DIR/kedad.sock; false when neither is set. */
bool cli_socket_path(char *out, size_t size);
/* $STATE_DIRECTORY/kedad.state, else under $XDG_STATE_HOME or ~/.local/state; makes the folder. */
bool cli_state_path(char *out, size_t size);

#endif
