// SPDX-License-Identifier: GPL-2.0-only
/*
 * blind.c - see blind.h
 */
#include "evidence/blind.h"

u32 ff_blind_steps = ~0U, ff_blind_witnesses = ~0U;
bool ff_blind_children, ff_stages_doubted;
