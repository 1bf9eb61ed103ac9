/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * alloc_site.h - finds out from the stack what could not be allocated
 */
#ifndef FORKFAIL_ALLOC_SITE_H
#define FORKFAIL_ALLOC_SITE_H

#include <linux/types.h>

u8 ff_alloc_site(u8 *step);
bool ff_is_inside_clone(void);

#endif /* FORKFAIL_ALLOC_SITE_H */
