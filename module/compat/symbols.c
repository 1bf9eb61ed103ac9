// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbols.c - addresses of functions and variables that are not exported
 *
 * kallsyms_lookup_name() is not exported, but kprobes look symbols up.  Registering a
 * disabled kprobe changes no code and fills in the address.  A kprobe on data is
 * refused, but only after its address was looked up.  Nothing is ever called through
 * such an address.
 *
 * Use this only while a permanent ftrace_ops is registered: attach.c says why.
 */
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat/symbols.h"

struct ff_kernel_data ff_data;

/*
 * kprobes also look in modules for a name that the kernel does not have, and a module
 * may use any name.  Only the printed symbol tells whose function it is:
 * "name+0x0/0xSIZE", followed by " [module]" for a module's.  It is also the only way
 * for a module to learn the function's size.
 */
static bool is_kernels_own(unsigned long start, unsigned long *function_size)
{
	char buf[KSYM_SYMBOL_LEN], *size;

	sprint_symbol(buf, start);
	if (strchr(buf, '['))
		return false;
	size = strchr(buf, '/');
	*function_size = size && size[1] == '0' && size[2] == 'x' ?
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
			if (is_kernels_own((unsigned long)probes[i].addr, &symbols[i].size))
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

static const void *data_address(const char *name)
{
	struct kprobe kp = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	unsigned long size;
	int probe;

	if (!register_kprobe(&kp)) {
		/* it is code, not data */
		unregister_kprobe(&kp);
		return NULL;
	}
	if (!is_kernels_own((unsigned long)kp.addr, &size))
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
	ff_data.nr_threads = data_address("nr_threads");
	ff_data.max_threads = data_address("max_threads");
	ff_data.pid_max = data_address("pid_max");	/* up to 6.13 */
	ff_data.overcommit_memory = data_address("sysctl_overcommit_memory");
	ff_data.overcommit_ratio = data_address("sysctl_overcommit_ratio");
	ff_data.overcommit_kbytes = data_address("sysctl_overcommit_kbytes");
	ff_data.admin_reserve_kbytes = data_address("sysctl_admin_reserve_kbytes");
	ff_data.user_reserve_kbytes = data_address("sysctl_user_reserve_kbytes");
	ff_data.swap_pages = data_address("total_swap_pages");
	ff_data.committed = data_address("vm_committed_as");
	ff_data.hstates = data_address("hstates");
	ff_data.ucounts_hashtable = data_address("ucounts_hashtable");
	ff_data.nr_open = data_address("sysctl_nr_open");
	ff_data.unprivileged_userns_clone = data_address("unprivileged_userns_clone");
	ff_data.nr_hstates = data_address("hugetlb_max_hstate");
	ff_data.max_map_count = data_address("sysctl_max_map_count");
	ff_data.ignore_rlimit_data = data_address("ignore_rlimit_data");
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
