/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory and swap of the guest. */
#pragma once

#include "controller/view/view.h"

bool memory_info(View *view, GString *text);
bool memory_swaps(View *view, GString *text);
