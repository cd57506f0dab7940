/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hardware addresses of network interfaces. */
#pragma once

#include <stdbool.h>

#define MAC_LENGTH 6

/* "52:54:0:b:C:1": six bytes of one or two digits. */
bool mac_parse(const char *text, unsigned char ret_mac[MAC_LENGTH]);

/* "52:54:00:0b:0c:01". Free with g_free(). */
char *mac_format(const unsigned char mac[MAC_LENGTH]);

bool mac_is_multicast(const unsigned char mac[MAC_LENGTH]);
bool mac_is_zero(const unsigned char mac[MAC_LENGTH]);

/* A random one of libvirt's range for guests, 52:54:00. */
void mac_generate(unsigned char ret_mac[MAC_LENGTH]);
