/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * create_task.h - clone() or clone3() of a task that exits at once and touches no memory
 *
 * The C library has no clone3(), and syscall() would return on the new task's stack.
 */
#ifndef CREATE_TASK_H
#define CREATE_TASK_H

#include <sys/syscall.h>

#ifndef SYS_clone3
#define SYS_clone3	435
#endif

/* @nr: the system call; the rest are its arguments */
#ifdef __aarch64__
static inline long create_task(long nr, long a1, long a2, long a3, long a4, long a5)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a1;
	register long x1 __asm__("x1") = a2;
	register long x2 __asm__("x2") = a3;
	register long x3 __asm__("x3") = a4;
	register long x4 __asm__("x4") = a5;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n"
			 "2:\n\t"
			 "mov x0, #0\n\t"
			 "mov x8, #93\n\t"
			 "svc #0\n\t"
			 "b 2b\n"
			 "1:\n"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory", "cc");
	return x0;
}
#else
static inline long create_task(long nr, long a1, long a2, long a3, long a4, long a5)
{
	register long r10 __asm__("r10") = a4;
	register long r8 __asm__("r8") = a5;
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n"
			 "2:\n\t"
			 "xor %%edi, %%edi\n\t"
			 "mov $60, %%eax\n\t"
			 "syscall\n\t"
			 "jmp 2b\n"
			 "1:\n"
			 : "=a"(ret)
			 : "a"(nr), "D"(a1), "S"(a2), "d"(a3), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}
#endif

#endif /* CREATE_TASK_H */
