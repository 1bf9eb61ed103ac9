/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_KALLSYMS_H
#define SHIM_KALLSYMS_H

#define KSYM_SYMBOL_LEN	640

int sprint_symbol_no_offset(char *buffer, unsigned long address);

#endif
