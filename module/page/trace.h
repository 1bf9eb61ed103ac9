/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h - the tracepoint forkfail:failure
 *
 * It fires in the failing task, when the failure is classified, so pid, comm, the stack
 * trace and filters are those of the failing task.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM forkfail

#if !defined(FORKFAIL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define FORKFAIL_TRACE_H

#include <linux/tracepoint.h>

#include "evidence/failure.h"
#include "page/text.h"
#include "rules/classify.h"

TRACE_EVENT(failure,
	TP_PROTO(const struct ff_failure *f, const struct ff_verdict *v),
	TP_ARGS(f, v),
	TP_STRUCT__entry(
		__field(int, cause)
		__field(int, error)
		__field(int, proof)
		__field(int, step)
		__field(int, kind)
		__field(u64, flags)
		__field(s64, limit)
		__field(s64, in_use)
		__array(char, id, 40)
		__array(char, step_name, 24)
	),
	TP_fast_assign(
		__entry->cause = v->cause;
		__entry->error = f->err;
		__entry->proof = v->proof;
		__entry->step = f->step;
		__entry->kind = f->kind;
		__entry->flags = f->flags;
		__entry->limit = v->has_limit ? v->limit : -1;
		__entry->in_use = v->has_limit ? v->in_use : -1;
		strscpy(__entry->id, ff_cause_id(v->cause), sizeof(__entry->id));
		strscpy(__entry->step_name, ff_step_names[f->step], sizeof(__entry->step_name));
	),
	TP_printk("cause=%s errno=%d step=%s limit=%lld in_use=%lld flags=0x%llx",
		  __entry->id, __entry->error, __entry->step_name, __entry->limit,
		  __entry->in_use, __entry->flags)
);

#endif /* FORKFAIL_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH page
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
