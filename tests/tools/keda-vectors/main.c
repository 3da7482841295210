/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keda-vectors SET [FILE...]: runs conformance vectors through the library, one JSON object a
 * line. SET is a file's place under tests/vectors without .jsonl, or a folder: every set in it that
 * has a runner. Exit status: 0 all passed, 1 a difference, 2 usage or an unreadable file.
 */
#include "vectors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The environment's KEDA_VECTORS_DIR comes first. */
#ifndef KEDA_VECTORS_DIR
#define KEDA_VECTORS_DIR KEDA_SOURCE_DIR "/tests/vectors"
#endif

enum { EXIT_DIFFERENCE = 1, EXIT_USAGE = 2 };

static int usage(void)
{
    fputs("usage: keda-vectors SET [FILE...]\nsets, or a folder of them:\n", stderr);
    for (const struct vector_set *set = vector_sets; set->name != NULL; set++)
        fprintf(stderr, "  %s\n", set->name);
    return EXIT_USAGE;
}

/* True for the set itself, and for a folder it lies in. */
static bool is_selected(const struct vector_set *set, const char *name)
{
    size_t len = strlen(name);
    while (len > 0 && name[len - 1] == '/')
        len--;
    return len > 0 && strncmp(set->name, name, len) == 0 &&
           (set->name[len] == '\0' || set->name[len] == '/');
}

/* An object that says what it is, or NULL with the reason reported. */
static json_t *parse_line(const char *text, size_t size, struct report *report)
{
    json_error_t error;
    json_t *line = json_loadb(text, size, 0, &error);

    if (line == NULL) {
        report_malformed(report, error.text);
        return NULL;
    }
    if (json_is_object(line))
        return line;
    report_malformed(report, "the line is not a JSON object");
    json_decref(line);
    return NULL;
}

static void run_line(const struct vector_set *set, const char *text, size_t size,
                     struct report *report)
{
    report->id = "";
    report->differences = 0;
    json_t *line = parse_line(text, size, report);
    if (line != NULL) {
        report->id = vector_text(line, "id", report);
        if (set->run(line, report) != 0 && report->differences == 0)
            report_malformed(report, "the runner refused the line");
    }
    if (report->differences == 0)
        report->passed++;
    else
        report->failed++;
    json_decref(line);
}

static size_t without_newline(const char *text, size_t size)
{
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    return size;
}

static int run_stream(const struct vector_set *set, FILE *file, const char *path,
                      struct report *report)
{
    char *text = NULL;
    size_t capacity = 0, before = report->passed + report->failed;
    ssize_t size;

    report->line_number = 0;
    while ((size = getline(&text, &capacity, file)) >= 0) {
        const size_t len = without_newline(text, (size_t)size);
        report->line_number++;
        if (len > 0)
            run_line(set, text, len, report);
    }
    free(text);
    if (ferror(file) || report->passed + report->failed == before) {
        fprintf(stderr, "keda-vectors: %s: %s\n", path,
                ferror(file) ? "cannot be read" : "no vectors in it");
        return EXIT_USAGE;
    }
    return 0;
}

static int run_file(const struct vector_set *set, const char *path, struct report *report)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fprintf(stderr, "keda-vectors: %s: %s\n", path, strerror(errno));
        return EXIT_USAGE;
    }
    report->set = set->name;
    const int rc = run_stream(set, file, path, report);
    fclose(file);
    return rc;
}

static int run_committed(const struct vector_set *set, struct report *report)
{
    const char *folder = getenv("KEDA_VECTORS_DIR");
    char path[4096];

    if (folder == NULL || folder[0] == '\0')
        folder = KEDA_VECTORS_DIR;
    const int n = snprintf(path, sizeof path, "%s/%s.jsonl", folder, set->name);
    if (n < 0 || (size_t)n >= sizeof path) {
        fputs("keda-vectors: the path of the vectors is too long\n", stderr);
        return EXIT_USAGE;
    }
    return run_file(set, path, report);
}

int main(int argc, char **argv)
{
    struct report report = {.id = ""};
    size_t nselected = 0;
    int rc = 0;

    if (argc < 2)
        return usage();
    for (const struct vector_set *set = vector_sets; set->name != NULL; set++) {
        if (!is_selected(set, argv[1]))
            continue;
        nselected++;
        for (int i = 2; i < argc; i++)
            if (run_file(set, argv[i], &report) != 0)
                rc = EXIT_USAGE;
        if (argc == 2 && run_committed(set, &report) != 0)
            rc = EXIT_USAGE;
    }
    if (nselected == 0 || (nselected > 1 && argc > 2))
        return usage();
    printf("%zu passed, %zu failed\n", report.passed, report.failed);
    if (report.failed > 0)
        return EXIT_DIFFERENCE;
    return rc;
}
