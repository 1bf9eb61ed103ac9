// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules_enomem.c - the rules for ENOMEM
 *
 * A failed allocation is a symptom.  If a memory shortage was witnessed, that is the
 * cause, and the rows for what could not be allocated return NO.
 *
 * Pure functions.
 */
#include "rules/match.h"

static u8 creds_nomem(const struct ff_observation *o)
{
	return seen_here(o, FF_W_NEW_USERNS) ? NO : nomem(o);
}

static u8 userns_nomem(const struct ff_observation *o)
{
	return nomem_if(o, seen_here(o, FF_W_NEW_USERNS) ||
			((o->flags & CLONE_NEWUSER) && blind(o, FF_W_NEW_USERNS)));
}

/* Like nomem(), for an allocation that comes after witness @w. */
static u8 nomem_behind(const struct ff_observation *o, enum ff_witness w)
{
	if (seen_here(o, w))
		return nomem(o);
	return blind(o, w) && !ff_memory_was_short(o) ? UNSEEN : NO;
}

static u8 io_uring_nomem(const struct ff_observation *o)
{
	return seen_here(o, FF_W_MEMPOLICY) ? NO : nomem_behind(o, FF_W_IO_URING_FORK);
}

static u8 mempolicy_nomem(const struct ff_observation *o)
{
	return nomem_behind(o, FF_W_MEMPOLICY);
}

static u8 audit_nomem(const struct ff_observation *o)
{
	return nomem_if(o, seen_here(o, FF_W_PERF_DONE) || blind(o, FF_W_PERF_DONE));
}

/* Only if the parent has no list yet, which is when SECURITY and COPY_FILES look the same. */
static u8 semundo_nomem(const struct ff_observation *o)
{
	return nomem_if(o, (o->flags & CLONE_SYSVSEM) && (o->steps & BIT(FF_STEP_SECURITY)));
}

/* Nothing is allocated for what is shared with the parent. */
static u8 files_nomem(const struct ff_observation *o)
{
	return nomem_if(o, !(o->flags & CLONE_FILES));
}

static u8 fs_nomem(const struct ff_observation *o)
{
	return nomem_if(o, !(o->flags & CLONE_FS));
}

static u8 sighand_nomem(const struct ff_observation *o)
{
	return nomem_if(o, !(o->flags & CLONE_SIGHAND));
}

static u8 signal_nomem(const struct ff_observation *o)
{
	return nomem_if(o, !(o->flags & CLONE_THREAD));
}

/*
 * Overcommit is checked before each mapping is copied: if it refuses, no allocation for
 * that mapping has failed.
 */
static bool overcommit_refused(const struct ff_observation *o)
{
	if (seen_here(o, FF_W_OVERCOMMIT))
		return true;
	if (o->facts & FF_FACT_OVERCOMMIT_WITNESS)
		return false;
	return o->overcommit_known && !o->overcommit_fits_before && !o->overcommit_fits;
}

/* Is the caller being killed, and its child's stack from a vmalloc() that asks? */
static bool killed_for_stack(const struct ff_observation *o)
{
	return o->dying && !(o->facts & (FF_FACT_VMALLOC_GOES_ON | FF_FACT_NO_VMAP_STACK));
}

/*
 * From 5.17 on vmalloc() gives up if its caller is being killed, without a warning.  A fork
 * uses vmalloc() for the kernel stack, and for tables larger than a page when memory is
 * fragmented.
 */
static u8 killed_in_vmalloc(const struct ff_observation *o)
{
	if (!o->dying || (o->facts & FF_FACT_VMALLOC_GOES_ON))
		return NO;
	if (o->steps == BIT(FF_STEP_ENTRY) && !killed_for_stack(o))
		return NO;
	if (o->step == FF_STEP_ENTRY && !ff_memory_was_short(o))
		return by_version(o, ALONE);
	if ((o->steps & BIT(FF_STEP_COPY_FILES)) && (o->flags & CLONE_FILES))
		return NO;
	return MAYBE;
}

/* The task_struct and the kernel stack. */
static u8 task_nomem(const struct ff_observation *o)
{
	if (!killed_for_stack(o))
		return nomem(o);
	return by_version(o, nomem_if(o, o->facts & FF_FACT_GUESSED));
}

static u8 mm_struct_nomem(const struct ff_observation *o)
{
	return nomem_if(o, !o->dying && !overcommit_refused(o));
}

static u8 mapping_nomem(const struct ff_observation *o)
{
	return nomem_if(o, !o->dying && !overcommit_refused(o));
}

static u8 ldt_nomem(const struct ff_observation *o)
{
	return o->facts & FF_FACT_X86 ? mapping_nomem(o) : NO;
}

/*
 * dup_mmap() gives up if the caller is being killed, and all its errors become ENOMEM.
 * Without a memory shortage nothing else in it fails.  If overcommit has no witness, it may
 * have refused before the caller was killed.
 */
static u8 killed_in_dup_mmap(const struct ff_observation *o)
{
	if (!o->dying || seen_here(o, FF_W_OVERCOMMIT))
		return NO;
	return ff_memory_was_short(o) ? MAYBE : ALONE;
}

static u8 ioctx_nomem(const struct ff_observation *o)
{
	return nomem_unless_dead(o, o->has_io_context && !(o->flags & CLONE_IO));
}

static u8 sme_state_nomem(const struct ff_observation *o)
{
	return nomem_unless_dead(o, !(o->facts & FF_FACT_X86));
}

static u8 pid_nomem(const struct ff_observation *o)
{
	return nomem_unless_dead(o, true);
}

static u8 pidfd_nomem(const struct ff_observation *o)
{
	/* growing the descriptor table comes before the function that is hooked */
	if ((o->steps & BIT(FF_STEP_ALLOC_PID)) && o->pidns_dead_before)
		return NO;
	return nomem_if(o, o->flags & CLONE_PIDFD);
}

static u8 cgroup_css_nomem(const struct ff_observation *o)
{
	return nomem_if(o, into_cgroup(o));
}

static u8 futex_hash_nomem(const struct ff_observation *o)
{
	return nomem_if(o, (o->facts & FF_FACT_FUTEX_HASH) && (o->flags & CLONE_VM));
}

const struct ff_rule ff_enomem[] = {
	RULE(ANYWHERE, MEMCG_LIMIT, CGROUP, BYTES, ff_match_memcg_limit),
	RULE(ANYWHERE, MEMCG_V1_OOM_DISABLED, CGROUP, BYTES, ff_match_memcg_v1_oom_disabled),
	RULE(ANYWHERE, MEMCG_V1_KMEM_LIMIT, CGROUP, BYTES, ff_match_memcg_v1_kmem_limit),
	RULE(ANYWHERE, SYSTEM_MEMORY, HOST, NONE, ff_match_system_memory),
	RULE(AT(ENTRY) | AT(COPY_FILES) | AT(COPY_NET_NS), KILLED_IN_VMALLOC, NONE, NONE,
	     killed_in_vmalloc),
	RULE(AT(ENTRY), TASK_STRUCT_NOMEM, NONE, NONE, task_nomem),
	RULE(AT(ENTRY), KERNEL_STACK_NOMEM, NONE, NONE, task_nomem),
	RULE(AT(ENTRY), KERNEL_STACK_MEMCG, NONE, NONE, task_nomem),
	RULE(AT(EXEC_STATE), EXEC_STATE_NOMEM, NONE, NONE, nomem),
	RULE(AT(COPY_CREDS), CREDS_NOMEM, NONE, NONE, creds_nomem),
	RULE(AT(COPY_CREDS), USERNS_NOMEM, NONE, NONE, userns_nomem),
	RULE(AT(TASK_SETUP), IO_URING_RESTRICTION_NOMEM, NONE, NONE, io_uring_nomem),
	RULE(AT(TASK_SETUP), MEMPOLICY_NOMEM, NONE, NONE, mempolicy_nomem),
	RULE(AT(PERF_AUDIT), AUDIT_NOMEM, NONE, NONE, audit_nomem),
	RULE(AT(COPY_FILES), SEMUNDO_NOMEM, NONE, NONE, semundo_nomem),
	RULE(AT(COPY_FILES), FILES_NOMEM, NONE, NONE, files_nomem),
	RULE(AT(COPY_FS), FS_NOMEM, NONE, NONE, fs_nomem),
	RULE(AT(COPY_SIGHAND), SIGHAND_NOMEM, NONE, NONE, sighand_nomem),
	RULE(AT(COPY_SIGNAL), SIGNAL_NOMEM, NONE, NONE, signal_nomem),
	RULE(AT(COPY_MM), MM_STRUCT_NOMEM, NONE, NONE, mm_struct_nomem),
	RULE(AT(COPY_MM), OVERCOMMIT_STRICT, HOST, BYTES, ff_match_overcommit_strict),
	RULE(AT(COPY_MM), OVERCOMMIT_HEURISTIC, HOST, BYTES, ff_match_overcommit_heuristic),
	RULE(AT(COPY_MM), KILLED_IN_DUP_MMAP, NONE, NONE, killed_in_dup_mmap),
	RULE(AT(COPY_MM), VMA_NOMEM, NONE, NONE, mapping_nomem),
	RULE(AT(COPY_MM), PAGETABLE_NOMEM, NONE, NONE, mapping_nomem),
	RULE(AT(COPY_MM), LDT_NOMEM, NONE, NONE, ldt_nomem),
	RULE(AT(COPY_MM), BINFMT_MODULE_GONE, NONE, NONE, mapping_nomem),
	RULE(IN_NS, NS_NOMEM, NONE, NONE, nomem),
	RULE(AT(ALLOC_PID), PIDNS_DEAD, PIDNS, NONE, ff_match_pidns_dead),
	RULE(AT(ALLOC_PID), PIDNS_POISONED_BY_FIRST_FORK, PIDNS, NONE, ff_match_pidns_poisoned),
	RULE(AT(ALLOC_PID), IOCTX_NOMEM, NONE, NONE, ioctx_nomem),
	RULE(AT(ALLOC_PID), SME_STATE_NOMEM, NONE, NONE, sme_state_nomem),
	RULE(AT(ALLOC_PID), PID_NOMEM, NONE, NONE, pid_nomem),
	RULE(AT(ALLOC_PID) | AT(PIDFD), PIDFD_NOMEM, NONE, NONE, pidfd_nomem),
	RULE(AT(CGROUP_CAN_FORK), CGROUP_CSS_NOMEM, NONE, NONE, cgroup_css_nomem),
	RULE(AT(LATE), FUTEX_HASH_NOMEM, NONE, NONE, futex_hash_nomem),
	RULE(AT(LAST_CHECKS), PIDNS_DEAD_LATE, PIDNS, NONE, ff_match_by_path),
};
