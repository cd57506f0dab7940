/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A libvirt.so.0 of a release that never was: it has one of the functions that we need. */
void *virGetDomain(void);

__attribute__((visibility("default"))) void *
virGetDomain(void)
{
    return (void *)0;
}
