// SPDX-License-Identifier: GPL-2.0-only
/*
 * namespaces.c - namespaces that are refused
 */
#include "forkfault.h"

const struct ff_case namespaces_cases[] = {
	{ .name = NULL },
};
