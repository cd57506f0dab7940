/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's public objects, made and filled from our side. */
#include "driver/abi/object.h"

#include "driver/abi/error.h"
#include "driver/abi/symbols.h"

#include <string.h>

/* an id that no process has and that no other field of a fresh object holds */
#define MAGIC_ID 0x7a3b19d5

/* A domain object is at least 0x3c bytes in every release: header, conn, name, id, UUID. */
#define DOMAIN_HEADER 0x18
#define DOMAIN_SIZE   0x3c

virDomainPtr
object_new_domain(virConnectPtr conn, const char *name, const unsigned char *uuid, int id)
{
    return private.virGetDomain(conn, name, uuid, id);
}

virConnectPtr
object_blank_connection(void)
{
    static gsize blank;

    if (g_once_init_enter(&blank)) {
        virConnectPtr conn = private.virGetConnect ? private.virGetConnect() : NULL;

        g_once_init_leave(&blank, conn ? (gsize)conn : (gsize)-1);
    }
    return blank == (gsize)-1 ? NULL : (virConnectPtr)blank;
}

/* Offset of the id in a domain object, or 0 when it cannot be told. */
static gsize
id_offset_find(void)
{
    static const unsigned char uuid[16] = { 0 };
    virConnectPtr conn = object_blank_connection();
    virDomainPtr domain = conn ? private.virGetDomain(conn, "id", uuid, MAGIC_ID) : NULL;
    gsize found = 0;
    int matches = 0;

    if (!domain)
        return 0;
    for (gsize offset = DOMAIN_HEADER; offset < DOMAIN_SIZE; offset += sizeof(int)) {
        int word;

        memcpy(&word, (char *)domain + offset, sizeof(word));
        if (word == MAGIC_ID) {
            found = offset;
            matches++;
        }
    }
    private.virObjectUnref(domain);
    return matches == 1 ? found : 0;
}

void
object_set_domain_id(virDomainPtr domain, int id)
{
    static gsize offset;

    if (g_once_init_enter(&offset)) {
        virErrorPtr saved = abi_error_save();
        gsize found = id_offset_find();

        abi_error_restore(saved);
        g_once_init_leave(&offset, found ? found : (gsize)-1);
    }
    if (offset != (gsize)-1)
        memcpy((char *)domain + offset, &id, sizeof(id));
}
