// SPDX-License-Identifier: GPL-2.0-only
/*
 * leaky-broker - a message broker with a bug: every message gets a thread of its
 * own, and the thread waits for an answer that never comes.
 *
 * The demo lets it run into its limit; the same mistake took down a real broker.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RETRY_US	200000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static bool answer;	/* nobody sets it: that is the bug */

static void *deliver(void *message)
{
	pthread_mutex_lock(&lock);
	while (!answer)
		pthread_cond_wait(&answered, &lock);
	pthread_mutex_unlock(&lock);
	return message;
}

int main(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	unsigned int messages = 0;
	bool said = false;
	int err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	for (;;) {
		err = pthread_create(&thread, &attr, deliver, NULL);
		if (!err) {
			if (++messages % 1000 == 0)
				printf("leaky-broker: %u messages accepted\n", messages);
			continue;
		}
		if (!said)
			printf("leaky-broker: message %u: cannot create a thread: %s\n",
			       messages + 1, strerror(err));
		said = true;
		usleep(RETRY_US);	/* the sender tries again */
	}
}
