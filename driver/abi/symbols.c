/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The private functions of libvirt that we call, found at run time in the library already loaded.
 */
#include "driver/abi/symbols.h"

#include "controller/wire/failure.h"

#include <dlfcn.h>
#include <stddef.h>

typedef enum {
    REQUIRED,
    OPTIONAL,
} Need;

typedef struct {
    const char *name;
    gsize offset; /* of the pointer in PrivateSymbols */
    Need need;
} SymbolRow;

static const SymbolRow rows[] = {
#define SYMBOL(need, result, name, parameters) { #name, offsetof(PrivateSymbols, name), need },
#include "driver/abi/symbol-list.h"
#undef SYMBOL
};

PrivateSymbols private;

/*
 * The handle is asked for by name instead of RTLD_DEFAULT: driver modules are loaded RTLD_GLOBAL
 * and one of them could define a symbol of the same name. Never linked either: the version node of
 * private symbols changes with each release and would pin us to one.
 */
static void *
library(void)
{
    static gsize handle;

    if (g_once_init_enter(&handle)) {
        void *opened = dlopen("libvirt.so.0", RTLD_NOLOAD | RTLD_NOW);

        g_once_init_leave(&handle, opened ? (gsize)opened : (gsize)-1);
    }
    return handle == (gsize)-1 ? NULL : (void *)handle;
}

void *
symbols_find(const char *name)
{
    void *handle = library();

    return handle ? dlsym(handle, name) : NULL;
}

bool
symbols_load(GError **error)
{
    g_autoptr(GString) missing = g_string_new(NULL);
    PrivateSymbols found = { NULL };

    if (!library())
        return fail(error, FAILURE_INTERNAL,
                    "libvirt.so.0 is not in this process: the driver must be loaded by a libvirt "
                    "daemon");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        void *address = symbols_find(rows[i].name);

        if (!address && rows[i].need == REQUIRED)
            g_string_append_printf(missing, "%s%s", missing->len ? ", " : "", rows[i].name);
        *(void **)((char *)&found + rows[i].offset) = address;
    }
    if (missing->len)
        return fail(error, FAILURE_INTERNAL,
                    "this libvirt has no %s: it is not a release that this driver knows",
                    missing->str);
    private = found;
    return true;
}
