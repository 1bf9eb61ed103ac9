// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbols.c - addresses of functions and variables that are not exported
 *
 * kallsyms_lookup_name() is not exported, but kprobes look symbols up.  Registering a
 * disabled kprobe changes no code and fills in the address.  A kprobe on data is
 * refused, but only after its address was looked up.  Nothing is ever called through
 * such an address.
 *
 * Kernels before 6.2, but for newer releases of 6.1, have no sorted list of names: a name
 * is compared with all symbols in the order of their addresses, until it is found.  A name that
 * the kernel does not have costs most, and then variables, which are at the end.  So nothing
 * is asked for there that the kernel cannot have, and variables are found by their addresses.
 *
 * Use this only while a permanent ftrace_ops is registered: attach.c says why.
 */
#include <linux/jiffies.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat/symbols.h"

struct ff_kernel_data ff_data;

#ifdef FF_SORTED_NAMES
#define SORTED_NAMES	true
#else
#define SORTED_NAMES	false
#endif

/*
 * kprobes also look in modules for a name that the kernel does not have, and a module
 * may use any name.  Only the printed symbol tells whose function it is:
 * "name+0x0/0xSIZE", followed by " [module]" for a module's.  It is also the only way
 * for a module to learn its size.
 */
static bool is_kernels_own(unsigned long start, char *symbol, unsigned long *symbol_size)
{
	char *size;

	sprint_symbol(symbol, start);
	if (strchr(symbol, '['))
		return false;
	size = strchr(symbol, '/');
	*symbol_size = size && size[1] == '0' && size[2] == 'x' ?
		       simple_strtoul(size + 3, NULL, 16) : 0;
	return true;
}

/**
 * ff_symbols_find - find functions of the kernel itself, not of modules
 * @symbols: the functions to find
 * @n: how many
 *
 * May sleep.
 *
 * Return: 0, even if some were not found, or -ENOMEM.
 */
int ff_symbols_find(struct ff_symbol *symbols, unsigned int n)
{
	struct kprobe *probes = kcalloc(n, sizeof(*probes), GFP_KERNEL);
	struct kprobe **found = kcalloc(n, sizeof(*found), GFP_KERNEL);
	char symbol[KSYM_SYMBOL_LEN];
	unsigned int i, nr_found = 0;
	int err = probes && found ? 0 : -ENOMEM;

	if (!err) {
		for (i = 0; err != -ENOMEM && i < n; i++) {
			symbols[i].start = 0;
			if (!symbols[i].name)
				continue;
			probes[i].symbol_name = symbols[i].name;
			probes[i].flags = KPROBE_FLAG_DISABLED;
			err = register_kprobe(&probes[i]);
			if (err)
				continue;
			found[nr_found++] = &probes[i];
			if (is_kernels_own((unsigned long)probes[i].addr, symbol, &symbols[i].size))
				symbols[i].start = (unsigned long)probes[i].addr;
		}
		/* in one call, because each call waits for a grace period */
		unregister_kprobes(found, nr_found);
	}
	kfree(found);
	kfree(probes);
	/* a function that is not found is no error */
	return err == -ENOMEM ? err : 0;
}

#define DATA(symbol, field)	{ symbol, (const void **)&ff_data.field }

static const struct {
	const char *name;
	const void **address;
} data[] = {
	DATA("nr_threads", nr_threads),
	DATA("max_threads", max_threads),
	DATA("pid_max", pid_max),	/* up to 6.13 */
	DATA("sysctl_overcommit_memory", overcommit_memory),
	DATA("sysctl_overcommit_ratio", overcommit_ratio),
	DATA("sysctl_overcommit_kbytes", overcommit_kbytes),
	DATA("sysctl_admin_reserve_kbytes", admin_reserve_kbytes),
	DATA("sysctl_user_reserve_kbytes", user_reserve_kbytes),
	DATA("total_swap_pages", swap_pages),
	DATA("vm_committed_as", committed),
	DATA("hstates", hstates),
	DATA("ucounts_hashtable", ucounts_hashtable),
	DATA("sysctl_nr_open", nr_open),
	DATA("unprivileged_userns_clone", unprivileged_userns_clone),
	DATA("hugetlb_max_hstate", nr_hstates),
	DATA("sysctl_max_map_count", max_map_count),
	DATA("ignore_rlimit_data", ignore_rlimit_data),
};

/*
 * Walk from symbol to symbol through the kernel's variables, and note those that are wanted.
 * jiffies is exported, and the linker puts what is aligned to cache lines first.  A name that
 * is not seen (it has another one's address, or comes before jiffies) is looked up.
 */
static void walk_data(void)
{
	unsigned long at = (unsigned long)&jiffies, size;
	unsigned int i, left = ARRAY_SIZE(data);
	char symbol[KSYM_SYMBOL_LEN];
	size_t len;

	for (; left && is_kernels_own(at, symbol, &size) && size; at += size) {
		len = strcspn(symbol, "+");
		for (i = 0; i < ARRAY_SIZE(data); i++)
			if (!*data[i].address && !strncmp(data[i].name, symbol, len) &&
			    !data[i].name[len]) {
				*data[i].address = (const void *)at;
				left--;
			}
		cond_resched();
	}
}

/* @known: its address; NULL to look it up */
static const void *data_address(const char *name, const void *known)
{
	struct kprobe kp = {
		.symbol_name = known ? NULL : name,
		.addr = (kprobe_opcode_t *)known,
		.flags = KPROBE_FLAG_DISABLED,
	};
	char symbol[KSYM_SYMBOL_LEN];
	unsigned long size;
	int probe;

	if (!register_kprobe(&kp)) {
		/* it is code, not data */
		unregister_kprobe(&kp);
		return NULL;
	}
	if (!is_kernels_own((unsigned long)kp.addr, symbol, &size))
		return NULL;
	/* the kernel's own data stays mapped: if it can be read once, it always can */
	return copy_from_kernel_nofault(&probe, kp.addr, sizeof(probe)) ? NULL : kp.addr;
}

/**
 * ff_symbols_find_data - fill ff_data
 *
 * May sleep.
 */
void ff_symbols_find_data(void)
{
	unsigned int i;

	if (!SORTED_NAMES)
		walk_data();
	for (i = 0; i < ARRAY_SIZE(data); i++)
		*data[i].address = data_address(data[i].name, *data[i].address);
}

/**
 * ff_read_int - read an int variable of the kernel
 * @p: its address; NULL if it was not found
 * @value: receives the value
 *
 * Return: false if @p is NULL.
 */
bool ff_read_int(const int *p, s64 *value)
{
	if (!p)
		return false;
	/* the kernel writes some of them without WRITE_ONCE() */
	*value = data_race(READ_ONCE(*p));
	return true;
}

/**
 * ff_read_long - read a long variable of the kernel
 * @p: its address; NULL if it was not found
 * @value: receives the value
 *
 * Return: false if @p is NULL.
 */
bool ff_read_long(const void *p, s64 *value)
{
	if (!p)
		return false;
	/* as above */
	*value = data_race(READ_ONCE(*(const long *)p));
	return true;
}
