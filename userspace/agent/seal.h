/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent takes away from itself once it runs.
 */
#ifndef AGENT_SEAL_H
#define AGENT_SEAL_H

void seal_memory(void);
void seal_process(void);

#endif /* AGENT_SEAL_H */
