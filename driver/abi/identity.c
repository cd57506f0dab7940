/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On whose behalf a thread calls other drivers of the daemon. */
#include "driver/abi/identity.h"

#include "driver/abi/symbols.h"

#include <dlfcn.h>

typedef void ObjectUnref(void *object);

/*
 * An identity is a GObject. libvirt brings libgobject into the process; we do not link it for the
 * sake of one call.
 */
static void
identity_unref(PrivateIdentity *identity)
{
    ObjectUnref *unref = (ObjectUnref *)dlsym(RTLD_DEFAULT, "g_object_unref");

    if (identity && unref)
        unref(identity);
}

void
identity_run_as_system(void (*function)(void *opaque), void *opaque)
{
    PrivateIdentity *former = private.virIdentityGetCurrent();
    PrivateIdentity *system = private.virIdentityGetSystem();

    if (system)
    private.virIdentitySetCurrent(system);
    function(opaque);
    if (system)
    private.virIdentitySetCurrent(former);
    identity_unref(system);
    identity_unref(former);
}
