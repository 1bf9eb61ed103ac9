/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks the agent's memory, and takes away its ability to start processes.
 */
#ifndef AGENT_SEAL_H
#define AGENT_SEAL_H

void seal_memory(void);
void seal_process(void);

#endif /* AGENT_SEAL_H */
