/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat-limits.h - where this kernel counts what it limits
 */
#ifndef FORKFAIL_COMPAT_LIMITS_H
#define FORKFAIL_COMPAT_LIMITS_H

#include <linux/atomic.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/kernfs.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/threads.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <linux/version.h>

#include "compat/compat-facts.h"
#include "compat/symbols.h"
#include "rules/observation.h"

/* ---- namespaces ---------------------------------------------------------- */

/*
 * An id that distinguishes a namespace from a later one with the same inode number.
 * From 6.18 on the kernel numbers all namespaces.  Before, the address is used: two
 * namespaces look the same only if the second gets both the inode number and the
 * address of the first.
 */
#ifdef FF_HAS_NS_ID
#define FF_NS_ARE_NUMBERED	true
#define ff_ns_id(namespace)	((namespace)->ns.ns_id)
#else
#define FF_NS_ARE_NUMBERED	false
#define ff_ns_id(namespace)	((u64)(unsigned long)(namespace))
#endif

/* ---- RLIMIT_NPROC -------------------------------------------------------- */

/*
 * 5.14 moved the count from user_struct.processes to ucounts: first among the counts of
 * namespaces (read in 5.15), later into its own array.
 */
#ifdef FF_HAS_UCOUNTS_NPROC
#ifdef FF_HAS_USERNS_RLIMITS
#define ff_nproc_count(ucounts)	(&(ucounts)->rlimit[UCOUNT_RLIMIT_NPROC])
#define ff_nproc_max(userns)	((userns)->rlimit_max[UCOUNT_RLIMIT_NPROC])
#else
#define ff_nproc_count(ucounts)	(&(ucounts)->ucount[UCOUNT_RLIMIT_NPROC])
#define ff_nproc_max(userns)	((userns)->ucount_max[UCOUNT_RLIMIT_NPROC])
#endif

/**
 * struct ff_nproc_walk - one level of the RLIMIT_NPROC hierarchy
 * @iter: the count of a user in a user namespace; NULL after the last
 * @max: the limit that applies at this level
 */
struct ff_nproc_walk {
	struct ucounts *iter;
	s64 max;
};

static inline void ff_nproc_start(struct ff_nproc_walk *w, const struct cred *cred)
{
	unsigned long rlim = rlimit(RLIMIT_NPROC);

	w->iter = cred->ucounts;
	w->max = rlim > LONG_MAX ? LONG_MAX : (s64)rlim;
}

static inline bool ff_nproc_valid(const struct ff_nproc_walk *w)
{
	return w->iter;
}

static inline void ff_nproc_next(struct ff_nproc_walk *w)
{
	w->max = READ_ONCE(ff_nproc_max(w->iter->ns));
	w->iter = w->iter->ns->ucounts;
}

static inline s64 ff_nproc_value(const struct ff_nproc_walk *w)
{
	return atomic_long_read(ff_nproc_count(w->iter));
}

static inline kuid_t ff_nproc_uid(const struct ff_nproc_walk *w)
{
	return w->iter->uid;
}

static inline struct user_namespace *ff_nproc_ns(const struct ff_nproc_walk *w)
{
	return w->iter->ns;
}
#else
struct ff_nproc_walk {
	struct user_struct *iter;
	s64 max;
};

static inline void ff_nproc_start(struct ff_nproc_walk *w, const struct cred *cred)
{
	unsigned long rlim = rlimit(RLIMIT_NPROC);

	w->iter = cred->user;
	w->max = rlim > LONG_MAX ? LONG_MAX : (s64)rlim;
}

static inline bool ff_nproc_valid(const struct ff_nproc_walk *w)
{
	return w->iter;
}

static inline void ff_nproc_next(struct ff_nproc_walk *w)
{
	w->iter = NULL;
}

static inline s64 ff_nproc_value(const struct ff_nproc_walk *w)
{
	return atomic_read(&w->iter->processes);
}

static inline kuid_t ff_nproc_uid(const struct ff_nproc_walk *w)
{
	return w->iter->uid;
}

static inline struct user_namespace *ff_nproc_ns(const struct ff_nproc_walk *w)
{
	return &init_user_ns;
}
#endif

/* ---- counts of namespaces ------------------------------------------------ */

/* 5.14 changed the counts to long. */
static inline s64 ff_ucount_value(struct ucounts *u, int type)
{
#ifdef FF_HAS_UCOUNTS_NPROC
	return atomic_long_read(&u->ucount[type]);
#else
	int value = 0;

	copy_from_kernel_nofault(&value, &u->ucount[type], sizeof(value));
	return value;
#endif
}

#define FF_NR_NAMESPACE_UCOUNTS	(UCOUNT_TIME_NAMESPACES + 1)

/*
 * The count of @uid in @ns.  From 5.14 on the credentials point to the count of the real
 * uid, which is nearly always the one.  5.10.223 has it only in a private hash table,
 * which is searched here without its lock.  An entry is accepted only if its namespace
 * and uid match.  Accepted race: an entry that is freed meanwhile shows an old number.
 */
static inline struct ucounts *ff_own_ucounts(struct user_namespace *ns, kuid_t uid)
{
#ifdef FF_HAS_UCOUNTS_NPROC
	struct ucounts *u = current_cred()->ucounts;

	return u && u->ns == ns && uid_eq(u->uid, uid) ? u : NULL;
#else
	const struct hlist_head *head = ff_data.ucounts_hashtable;
	struct hlist_node *node;
	struct ucounts found;
	int most = 32;

	if (!head)
		return NULL;
	head += hash_long((unsigned long)__kuid_val(uid) + (unsigned long)ns, 10);
	if (copy_from_kernel_nofault(&node, &head->first, sizeof(node)))
		return NULL;
	for (; node && most--; node = found.node.next) {
		struct ucounts *u = hlist_entry(node, struct ucounts, node);

		if (copy_from_kernel_nofault(&found, u, sizeof(found)))
			return NULL;
		if (found.ns == ns && uid_eq(found.uid, uid))
			return u;
	}
	return NULL;
#endif
}

/* ---- control groups ------------------------------------------------------ */

/* Is it a cgroup v2?  As cgroup_on_dfl() in kernel/cgroup/cgroup.c. */
static inline bool ff_on_dfl(const struct cgroup *cgrp)
{
	return cgrp->root == &cgrp_dfl_root;
}

/*
 * Was a cgroup v2 removed?  Not from a hook: the kernel takes a spinlock.  It looks for the id,
 * which is never used again, below the root of the running task's cgroup namespace (read in 6.1,
 * 6.12 and 7.2).  Kernels before 6.1 cannot look, or take cgroup_mutex, for which a reader of the
 * page might wait long: false.
 */
static inline bool ff_cgroup_is_gone(u64 id)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
	struct cgroup *cgrp = cgroup_get_from_id(id);

	if (IS_ERR(cgrp))
		return true;
	css_put(&cgrp->self);
#endif
	return false;
}

/* From 6.15 on RCU protects the parent. */
static inline struct kernfs_node *ff_kernfs_parent(const struct kernfs_node *kn)
{
#ifdef FF_HAS_KERNFS_RCU_PARENT
	return rcu_dereference_raw(kn->__parent);
#else
	return kn->parent;
#endif
}

/* ---- struct pids_cgroup (kernel/cgroup/pids.c, private) ------------------- */

/*
 * counter and limit directly follow css in 5.10.223, 6.1.192, 6.12.95 and 7.2.12; the
 * fields after them differ.  Its size is an upper bound for the whole object: 7.2.12's,
 * the largest of those, has two cgroup_files and four counters.  It is used only after
 * ff_pids_prove() has checked it; tests/guest/pids-layout builds it wrong on purpose.
 */
struct ff_pids_cgroup {
	struct cgroup_subsys_state	css;
#ifdef FF_TEST_SHIFTED_LAYOUT
	u64				shift[FF_TEST_SHIFTED_LAYOUT];
#endif
#ifdef FF_TEST_WATERMARK_FOR_COUNTER
	atomic64_t			not_this, limit, counter;
#else
	atomic64_t			counter;
	atomic64_t			limit;
#endif
	s64				watermark;
	struct cgroup_file		files[2];
	atomic64_t			events[4];
};

/* PIDS_MAX there: no limit */
#define FF_PIDS_MAX	(PID_MAX_LIMIT + 1ULL)

/*
 * A refusal first calls cgroup_file_notify() for the cgroup that refused, if the kernel
 * has pids.events.local (6.11) and pids.events is hierarchical; otherwise for the cgroup
 * of the forking task.
 */
static inline bool ff_pids_event_names_limiter(struct cgroup *cgrp)
{
#ifdef FF_HAS_PIDS_EVENT_OF_LIMITER
	return ff_on_dfl(cgrp) && !(cgrp_dfl_root.flags & CGRP_ROOT_PIDS_LOCAL_EVENTS);
#else
	return false;
#endif
}

/* ---- memory cgroups ------------------------------------------------------ */

#ifdef CONFIG_MEMCG
/* 6.11 made memory cgroups v1 a build option. */
static inline bool ff_memcg_oom_disabled(struct mem_cgroup *memcg)
{
#if !defined(FF_HAS_MEMCG_V1_OPTION) || defined(CONFIG_MEMCG_V1)
	return READ_ONCE(memcg->oom_kill_disable);
#else
	return false;
#endif
}
#endif

/*
 * cgroup v1 has a separate limit for kernel memory: 5.15, RHEL 9.0; not 5.17, not
 * RHEL 9.1.  No header shows it, but its witness runs only on kernels that have it.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 17, 0) && !FF_RHEL(9, 1) && \
	defined(CONFIG_MEMCG_KMEM)
#define FF_MEMCG_KMEM_COUNTER
#define FF_FACT_KMEM	FF_FACT_KMEM_LIMIT
#else
#define FF_FACT_KMEM	0
#endif

/* Facts that depend on where a hierarchy is mounted, and may change while we run. */
static inline u32 ff_memcg_facts(void)
{
#ifdef CONFIG_MEMCG
	if (!cgroup_subsys_on_dfl(memory_cgrp_subsys))
		return FF_FACT_MEMCG_V1 | FF_FACT_KMEM;
#endif
	return 0;
}

/* ---- overcommit ---------------------------------------------------------- */

/* 6.1 and RHEL 9.5 replaced the list of mappings by the maple tree. */
#ifndef FF_HAS_MAPLE_VMAS
#define ff_for_each_vma(mm, vma)	for (vma = (mm)->mmap; vma; vma = vma->vm_next)
#else
#define ff_for_each_vma(mm, vma)				\
	VMA_ITERATOR(ff_vmi, mm, 0);				\
	for_each_vma(ff_vmi, vma)
#endif

/*
 * How many pages a fork of @mm has to commit, in all and for the largest mapping.
 * Returns false if there are more than @most mappings.  The caller holds the mmap lock.
 */
static inline bool ff_mm_accountable(struct mm_struct *mm, unsigned int most,
				     unsigned long *sum, unsigned long *largest)
{
	struct vm_area_struct *vma;

	*sum = 0;
	*largest = 0;
	ff_for_each_vma(mm, vma) {
		if (!most--)
			return false;
		if ((vma->vm_flags & VM_ACCOUNT) && !(vma->vm_flags & VM_DONTCOPY)) {
			*sum += vma_pages(vma);
			*largest = max(*largest, vma_pages(vma));
		}
	}
	return true;
}

#endif /* FORKFAIL_COMPAT_LIMITS_H */
