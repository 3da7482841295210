/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines by table: --name value, --name=value, -l value; --help and --version everywhere.
 */
#include <string.h>

#include "cli.h"

static const cli_option *by_name(const cli_program *program, const char *name, size_t size)
{
    for (size_t i = 0; i < program->noptions; i++)
        if (strlen(program->options[i].name) == size &&
            strncmp(program->options[i].name, name, size) == 0)
            return &program->options[i];
    return NULL;
}

static const cli_option *by_letter(const cli_program *program, char letter)
{
    for (size_t i = 0; i < program->noptions; i++)
        if (program->options[i].letter == letter)
            return &program->options[i];
    return NULL;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    const size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Edit distance of short texts; long ones are far from everything. */
static size_t distance(const char *a, const char *b)
{
    size_t row[65];
    const size_t na = strlen(a), nb = strlen(b);

    if (na > 64 || nb > 64)
        return 64;
    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            const size_t next =
                smallest(row[j] + 1, row[j - 1] + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1));
            corner = row[j];
            row[j] = next;
        }
    }
    return row[nb];
}

const char *cli_nearest(const char *text, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t least = strlen(text) / 3 + 2;

    for (size_t i = 0; i < count; i++) {
        const size_t d = distance(text, names[i]);
        if (d < least) {
            least = d;
            best = names[i];
        }
    }
    return best;
}

static int unknown(const cli_program *program, const char *argument)
{
    const char *names[64];
    char bare[65];
    size_t n = 0;

    for (; n < program->noptions && n < 64; n++)
        names[n] = program->options[n].name;
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
    const char *near = argument[1] == '-' ? cli_nearest(bare, names, n) : NULL;
    fprintf(stderr, "%s: unknown option %s", program->name, argument);
    if (near != NULL)
        fprintf(stderr, "; did you mean --%s?", near);
    fprintf(stderr, "\nTry '%s --help'.\n", program->name);
    return CLI_USAGE;
}

void cli_help(const cli_program *program, FILE *out)
{
    fprintf(out, "%s\nOptions:\n", program->usage);
    for (size_t i = 0; i < program->noptions; i++) {
        const cli_option *option = &program->options[i];
        char left[64];
        snprintf(left, sizeof left, "%c%c%c --%s%s%s", option->letter != 0 ? '-' : ' ',
                 option->letter != 0 ? option->letter : ' ', option->letter != 0 ? ',' : ' ',
                 option->name, option->argument != NULL ? " " : "",
                 option->argument != NULL ? option->argument : "");
        fprintf(out, "  %-42s %s\n", left, option->help);
    }
    fprintf(out, "      %-38s %s\n", "--help", "this text");
    fprintf(out, "      %-38s %s\n", "--version", "the version");
}

/* The option at argv[*i] and its value, which may be the next argument. NULL: unknown or no value. */
static const cli_option *match(const cli_program *program, int argc, char **argv, int *i,
                               const char **value)
{
    const char *argument = argv[*i];
    const bool is_long = argument[1] == '-';
    const char *name = argument + (is_long ? 2 : 1);
    const size_t size = is_long ? strcspn(name, "=") : 1;
    const cli_option *option =
        is_long ? by_name(program, name, size) : by_letter(program, *name);
    const char *rest = name + size;

    *value = NULL;
    if (option == NULL || (option->argument == NULL && *rest != '\0'))
        return NULL;
    if (option->argument == NULL)
        return option;
    if (*rest != '\0')
        *value = is_long || *rest == '=' ? rest + 1 : rest;
    else if (*i + 1 < argc)
        *value = argv[++*i];
    return option;
}

int cli_parse(const cli_program *program, int argc, char **argv, cli_option_fn on_option,
              void *user, int *first)
{
    int kept = 1;
    int i = 1;

    for (; i < argc; i++) {
        const char *argument = argv[i];
        const char *value;
        if (strcmp(argument, "--") == 0) {
            i++;
            break;
        }
        if (argument[0] != '-' || argument[1] == '\0') {
            argv[kept++] = argv[i];
            continue;
        }
        if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
            cli_help(program, stdout);
            return CLI_OK;
        }
        if (strcmp(argument, "--version") == 0) {
            printf("%s %s\n", program->name, keda_version());
            return CLI_OK;
        }
        const cli_option *option = match(program, argc, argv, &i, &value);
        if (option == NULL)
            return unknown(program, argument);
        if (option->argument != NULL && value == NULL) {
            fprintf(stderr, "%s: --%s needs a value: %s\n", program->name, option->name,
                    option->argument);
            return CLI_USAGE;
        }
        if (!on_option(option, value, user))
            return CLI_USAGE;
    }
    while (i < argc)
        argv[kept++] = argv[i++];
    argv[kept] = NULL;
    *first = 1;
    return -1;
}
