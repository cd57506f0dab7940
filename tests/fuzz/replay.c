/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a fuzz target over the files of its corpus, as a plain test: replay DIRECTORY. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) directory = NULL;
    const char *name;
    unsigned count = 0;

    if (argc != 2 || !(directory = g_dir_open(argv[1], 0, &error))) {
        fprintf(stderr, "replay: %s\n", error ? error->message : "usage: replay DIRECTORY");
        return EXIT_FAILURE;
    }
    while ((name = g_dir_read_name(directory))) {
        g_autofree char *path = g_build_filename(argv[1], name, NULL);
        g_autofree char *content = NULL;
        gsize length;

        if (!g_file_get_contents(path, &content, &length, &error)) {
            fprintf(stderr, "replay: %s\n", error->message);
            return EXIT_FAILURE;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)content, length);
        printf("ok %u - %s\n", ++count, name);
    }
    printf("1..%u\n", count);
    /* an empty corpus tests nothing */
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
