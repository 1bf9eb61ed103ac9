/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * create_task.h - clone() or clone3() of a task that touches no memory
 *
 * The C library has no clone3(), and syscall() would return on the new task's stack.  The task
 * repeats one system call for ever, so it needs no stack, may share its creator's memory, and
 * can run where no memory can be had.
 */
#ifndef CREATE_TASK_H
#define CREATE_TASK_H

#include "clone_args.h"

/*
 * @nr: the system call; @a1 to @a5 are its arguments, clone()'s in the order of x86-64
 * @child_nr: the task's system call, with arguments that are all 0: SYS_exit, or SYS_ppoll,
 *	which then sleeps until a signal comes
 */
#if defined(__x86_64__)
static inline long create_task(long nr, long a1, long a2, long a3, long a4, long a5, long child_nr)
{
	register long r10 __asm__("r10") = a4;
	register long r8 __asm__("r8") = a5;
	register long r12 __asm__("r12") = child_nr;
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n"
			 "2:\n\t"
			 "xor %%edi, %%edi\n\t"
			 "xor %%esi, %%esi\n\t"
			 "xor %%edx, %%edx\n\t"
			 "xor %%r10d, %%r10d\n\t"
			 "mov %%r12, %%rax\n\t"
			 "syscall\n\t"
			 "jmp 2b\n"
			 "1:\n"
			 : "=a"(ret)
			 : "a"(nr), "D"(a1), "S"(a2), "d"(a3), "r"(r10), "r"(r8), "r"(r12)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
static inline long create_task(long nr, long a1, long a2, long a3, long a4, long a5, long child_nr)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a1;
	register long x1 __asm__("x1") = a2;
	register long x2 __asm__("x2") = a3;
	/* here the last two arguments of clone() are swapped */
	register long x3 __asm__("x3") = nr == SYS_clone ? a5 : a4;
	register long x4 __asm__("x4") = nr == SYS_clone ? a4 : a5;
	register long x19 __asm__("x19") = child_nr;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n"
			 "2:\n\t"
			 "mov x0, #0\n\t"
			 "mov x1, #0\n\t"
			 "mov x2, #0\n\t"
			 "mov x3, #0\n\t"
			 "mov x8, x19\n\t"
			 "svc #0\n\t"
			 "b 2b\n"
			 "1:\n"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x8)
			 : "r"(x4), "r"(x19)
			 : "memory");
	return x0;
}
#else
#error "create_task() knows x86-64 and arm64"
#endif

/* clone3() with all its arguments */
static inline long create_task3(const struct clone3_args *args, long child_nr)
{
	return create_task(SYS_clone3, (long)args, sizeof(*args), 0, 0, 0, child_nr);
}

#endif /* CREATE_TASK_H */
