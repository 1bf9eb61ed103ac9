/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * basics.h - what every program that runs in a guest needs
 */
#ifndef BASICS_H
#define BASICS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* How a program ends when it cannot go on: die.c's, or its own. */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

char *slurp(const char *path, size_t *len);
char *slurp_fd(int fd, size_t *len);
int put(const char *path, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
long long number_in(const char *path);
long long field_of(const char *path, const char *key);
void *shared(size_t size);
void nap(unsigned int ms);
uint64_t now_us(void);
uint64_t now_ms(void);
int wait_for(pid_t pid);
void sort_up(uint64_t *values, unsigned int n);
uint64_t quartile(uint64_t *values, unsigned int n, unsigned int q);
uint64_t median(uint64_t *values, unsigned int n);

#endif /* BASICS_H */
