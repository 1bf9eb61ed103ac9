/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_PREEMPT_H
#define SHIM_PREEMPT_H

#define NMI_OFFSET	(1U << 20)
#define NMI_MASK	(15 * NMI_OFFSET)
#define HARDIRQ_OFFSET	(1U << 16)
#define HARDIRQ_MASK	(15 * HARDIRQ_OFFSET)
#define SOFTIRQ_OFFSET	(1U << 8)

#define preempt_count()	0U
#define in_task()	true

#endif
