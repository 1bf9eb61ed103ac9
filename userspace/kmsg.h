/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log.
 */
#ifndef KMSG_H
#define KMSG_H

char *kmsg_last_about_loading(void);

#endif /* KMSG_H */
