// SPDX-License-Identifier: GPL-2.0-only
/*
 * text_fuzz.c - a quoted string can be read back, and cannot forge text
 *
 * Input: two bytes for the size of the buffer, then the string.
 */
#include <stdint.h>

#include "../../../module/page/text.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The kernel's; no time is added here. */
void time64_to_tm(s64 seconds, int offset, struct tm *result)
{
	memset(result, 0, sizeof(*result));
}

static void must(bool condition)
{
	if (!condition)
		abort();
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode it as a reader does; the string must end where the text ends. */
static void must_come_back(const char *quoted, const char *s, bool quotes)
{
	if (quotes)
		must(*quoted++ == '"');
	for (; *s; s++) {
		unsigned char c = *quoted++;

		must(c >= 0x20 && c < 0x7f);
		must(!quotes || c != '"');
		if (c == '\\') {
			must(*quoted++ == 'x');
			must(hex(quoted[0]) >= 0 && hex(quoted[1]) >= 0);
			c = hex(quoted[0]) << 4 | hex(quoted[1]);
			quoted += 2;
		}
		must(c == (unsigned char)*s);
	}
	if (quotes)
		must(*quoted++ == '"');
	must(!*quoted);
}

static void try(const char *s, size_t room, bool quotes)
{
	struct ff_text t = { .buf = malloc(room), .size = room };

	must(t.buf);
	t.buf[0] = '\0';
	if (quotes)
		ff_add_quoted(&t, s);
	else
		ff_add_plain(&t, s);
	must(t.len < t.size && strlen(t.buf) == t.len);
	if (t.full)
		must(!t.len);
	else
		must_come_back(t.buf, s, quotes);
	/* in the largest buffer that can be needed, it fits */
	must(!t.full || room < 4 * strlen(s) + 3);
	free(t.buf);
}

/* libFuzzer's entry. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t room;
	char *s;

	if (size < 2)
		return 0;
	room = 1 + (data[0] | (data[1] & 0xf) << 8);
	s = malloc(size - 1);
	must(s);
	memcpy(s, data + 2, size - 2);
	s[size - 2] = '\0';
	try(s, room, true);
	try(s, room, false);
	try(s, 4 * size + 3, true);
	free(s);
	return 0;
}
