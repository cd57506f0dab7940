/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading, printing and making of hardware addresses. */
#include "xml/mac.h"

#include <glib.h>
#include <string.h>

bool
mac_parse(const char *text, unsigned char ret_mac[MAC_LENGTH])
{
    unsigned char mac[MAC_LENGTH];
    int i;

    for (i = 0; i < MAC_LENGTH; i++) {
        int high = g_ascii_xdigit_value(text[0]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(text[1]);

        if (high < 0)
            return false;
        mac[i] = (unsigned char)(low < 0 ? high : high * 16 + low);
        text += low < 0 ? 1 : 2;
        if (i < MAC_LENGTH - 1 && *text++ != ':')
            return false;
    }
    if (*text)
        return false;
    memcpy(ret_mac, mac, MAC_LENGTH);
    return true;
}

char *
mac_format(const unsigned char mac[MAC_LENGTH])
{
    return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                           mac[5]);
}

bool
mac_is_multicast(const unsigned char mac[MAC_LENGTH])
{
    return mac[0] & 1;
}

bool
mac_is_zero(const unsigned char mac[MAC_LENGTH])
{
    static const unsigned char zero[MAC_LENGTH];

    return memcmp(mac, zero, MAC_LENGTH) == 0;
}

void
mac_generate(unsigned char ret_mac[MAC_LENGTH])
{
    guint32 random = g_random_int();

    memcpy(ret_mac, "\x52\x54\x00", 3);
    memcpy(ret_mac + 3, &random, 3);
}
