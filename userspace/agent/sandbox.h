/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks the agent's memory, and takes away its ability to start processes.
 */
#ifndef AGENT_SANDBOX_H
#define AGENT_SANDBOX_H

void sandbox_memory(void);
void sandbox_process(void);

#endif /* AGENT_SANDBOX_H */
