// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Points in time and ages, to and from text.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "text.h"
#include "times.h"

/* Exactly @n digits; -1 if there are not as many. */
static int digits(const char *s, int n)
{
	int v = 0;

	for (; n; n--, s++) {
		if (!isdigit((unsigned char)*s))
			return -1;
		v = v * 10 + (*s - '0');
	}
	return v;
}

/* Up to six digits, padded: microseconds. */
static bool to_fraction(const char *s, size_t len, long *nsec)
{
	long scale = 100000000, v = 0;

	if (!len || len > 9)
		return false;
	for (; len; len--, s++, scale /= 10) {
		if (!isdigit((unsigned char)*s))
			return false;
		v += (*s - '0') * scale;
	}
	*nsec = v;
	return true;
}

/* The date part of YYYY-MM-DD at the beginning of @s. */
static bool to_date(const char *s, struct tm *tm)
{
	if (strnlen(s, 10) < 10 || s[4] != '-' || s[7] != '-')
		return false;
	tm->tm_year = digits(s, 4) - 1900;
	tm->tm_mon = digits(s + 5, 2) - 1;
	tm->tm_mday = digits(s + 8, 2);
	return tm->tm_year >= 0 && tm->tm_mon >= 0 && tm->tm_mon < 12 &&
	       tm->tm_mday >= 1 && tm->tm_mday <= 31;
}

/* HH:MM or HH:MM:SS at the beginning of @s; *@end is what follows. */
static bool to_clock(const char *s, struct tm *tm, const char **end)
{
	size_t len = strnlen(s, 8);

	if (len < 5 || s[2] != ':')
		return false;
	tm->tm_hour = digits(s, 2);
	tm->tm_min = digits(s + 3, 2);
	tm->tm_sec = 0;
	*end = s + 5;
	if (len == 8 && s[5] == ':') {
		tm->tm_sec = digits(s + 6, 2);
		*end = s + 8;
	}
	return tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 &&
	       tm->tm_min < 60 && tm->tm_sec >= 0 && tm->tm_sec <= 60;
}

/**
 * times_parse() - read a time as the module writes it
 * @s: RFC 3339 in UTC, with or without a fraction, nothing after it
 * @ts: the result
 *
 * Return: false if @s is not such a time.
 */
bool times_parse(const char *s, struct timespec *ts)
{
	struct tm tm = { 0 };
	const char *end;
	size_t len;

	if (!to_date(s, &tm) || s[10] != 'T' || !to_clock(s + 11, &tm, &end) ||
	    end != s + 19)
		return false;
	ts->tv_nsec = 0;
	if (*end == '.') {
		len = strcspn(++end, "Z");
		if (!to_fraction(end, len, &ts->tv_nsec))
			return false;
		end += len;
	}
	if (strcmp(end, "Z"))
		return false;
	ts->tv_sec = timegm(&tm);
	/* 31 February: timegm() has changed it. */
	return tm.tm_mday == digits(s + 8, 2);
}

/**
 * times_local() - write a time for a person
 * @buf: output buffer
 * @size: its size
 * @ts: the time
 *
 * Return: @buf.
 */
const char *times_local(char *buf, size_t size, const struct timespec *ts)
{
	struct tm tm;

	if (!localtime_r(&ts->tv_sec, &tm) ||
	    !strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(buf, size, "@%lld", (long long)ts->tv_sec);
	return buf;
}

/**
 * times_short() - write a time of the last year for a column
 * @buf: output buffer
 * @size: its size
 * @ts: the time
 *
 * Return: @buf, as "Nov 21 08:27:02".
 */
const char *times_short(char *buf, size_t size, const struct timespec *ts)
{
	struct tm tm;

	if (!localtime_r(&ts->tv_sec, &tm) ||
	    !strftime(buf, size, "%b %e %H:%M:%S", &tm))
		snprintf(buf, size, "@%lld", (long long)ts->tv_sec);
	return buf;
}

/**
 * times_parse_age() - read an age as the module writes it: 3s, 12m, 2h, 3d04h
 * @s: the text
 * @age: the result, in seconds
 *
 * Return: false if it is none.
 */
bool times_parse_age(const char *s, u64 *age)
{
	static const struct {
		char unit;
		unsigned int seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	char number[12];
	size_t len, i;
	u64 n;

	*age = 0;
	do {
		len = strspn(s, "0123456789");
		if (!len || len >= sizeof(number))
			return false;
		memcpy(number, s, len);
		number[len] = '\0';
		text_to_u64(number, &n);
		for (i = 0; i < ARRAY_SIZE(units) && units[i].unit != s[len]; i++)
			;
		if (i == ARRAY_SIZE(units))
			return false;
		*age += n * units[i].seconds;
		s += len + 1;
	} while (*s);
	return true;
}

/**
 * times_age() - write an age as the module does
 * @buf: output buffer
 * @size: its size
 * @age: the age, in seconds
 *
 * Return: @buf, as "12m".
 */
const char *times_age(char *buf, size_t size, u64 age)
{
	if (age < 60)
		snprintf(buf, size, "%llus", age);
	else if (age < 3600)
		snprintf(buf, size, "%llum", age / 60);
	else if (age < 86400)
		snprintf(buf, size, "%lluh", age / 3600);
	else
		snprintf(buf, size, "%llud", age / 86400);
	return buf;
}

/* 90s, 10m, 2h, 3d, 1w, also with a space and "ago" after it. */
static bool to_age(const char *s, time_t now, time_t *since)
{
	static const struct {
		const char *name;
		unsigned int seconds;
	} unit[] = {
		{ "s", 1 }, { "sec", 1 }, { "m", 60 }, { "min", 60 },
		{ "h", 3600 }, { "d", 86400 }, { "w", 604800 },
	};
	char name[8];
	size_t i, len;
	u64 n = 0;

	len = strspn(s, "0123456789");
	if (!len || len > 9)
		return false;
	for (i = 0; i < len; i++)
		n = n * 10 + (u64)(s[i] - '0');
	s += len + strspn(s + len, " ");
	len = strcspn(s, " ");
	if (len >= sizeof(name) || (s[len] && strcmp(s + len, " ago")))
		return false;
	memcpy(name, s, len);
	name[len] = '\0';
	for (i = 0; i < ARRAY_SIZE(unit); i++) {
		if (!strcmp(unit[i].name, name)) {
			*since = now - (time_t)(n * unit[i].seconds);
			return true;
		}
	}
	return false;
}

/**
 * times_parse_since() - read the argument of --since
 * @s: an age ("10m", "2h ago"), a local date and time, a local time of today,
 *     an RFC 3339 time in UTC, "@SECONDS", "today" or "yesterday"
 * @now: the present
 * @since: the result
 *
 * Return: false if @s is none of them.
 */
bool times_parse_since(const char *s, time_t now, time_t *since)
{
	struct timespec ts;
	struct tm tm, day;
	const char *end = "";
	u64 n;

	if (to_age(s, now, since))
		return true;
	if (times_parse(s, &ts)) {
		*since = ts.tv_sec;
		return true;
	}
	if (*s == '@' && text_to_u64(s + 1, &n) && n < (1ull << 40)) {
		*since = (time_t)n;
		return true;
	}
	if (!localtime_r(&now, &tm))
		return false;
	tm.tm_isdst = -1;
	if (!to_clock(s, &tm, &end)) {
		tm.tm_hour = 0;
		tm.tm_min = 0;
		tm.tm_sec = 0;
		if (!strcmp(s, "yesterday")) {
			tm.tm_mday--;
		} else if (strcmp(s, "today")) {
			if (!to_date(s, &tm))
				return false;
			end = s + 10;
			if ((*end == ' ' || *end == 'T') &&
			    !to_clock(end + 1, &tm, &end))
				return false;
		}
	}
	if (*end)
		return false;
	day = tm;
	*since = mktime(&tm);
	/* mktime() turns 30 February into 2 March. */
	return !strcmp(s, "yesterday") ||
	       (tm.tm_mday == day.tm_mday && tm.tm_mon == day.tm_mon);
}
