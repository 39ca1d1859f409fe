/* SPDX-License-Identifier: MIT */
/* The CMOS clock's fields as seconds since 1970. Pure. */
#ifndef TIME_CALENDAR_H
#define TIME_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define RTC_24H	   0x02
#define RTC_BINARY 0x04

static inline unsigned int rtc_number(uint8_t v, uint8_t status_b)
{
	return status_b & RTC_BINARY ? v : (v >> 4) * 10u + (v & 15u);
}

/* Days since 1970-01-01 of a Gregorian date; month 1..12. Years are counted from March, so that the
 * leap day is a year's last. */
static inline int64_t days_from_date(int64_t year, unsigned int month, unsigned int day)
{
	int64_t y = month > 2 ? year : year - 1;
	unsigned int m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* f: second, minute, hour, day, month, year of century, century (0: none). Nonsense gives 0. */
static inline uint64_t rtc_fields_to_seconds(const uint8_t f[7], uint8_t status_b)
{
	bool pm = !(status_b & RTC_24H) && (f[2] & 0x80);
	unsigned int sec = rtc_number(f[0], status_b), min_ = rtc_number(f[1], status_b);
	unsigned int hour = rtc_number(status_b & RTC_24H ? f[2] : f[2] & 0x7f, status_b);
	unsigned int day = rtc_number(f[3], status_b), month = rtc_number(f[4], status_b);
	unsigned int year = rtc_number(f[5], status_b), century = rtc_number(f[6], status_b);

	if (!(status_b & RTC_24H))
		hour = hour % 12 + (pm ? 12 : 0);
	if (sec > 59 || min_ > 59 || hour > 23 || !day || day > 31 || !month || month > 12 || year > 99)
		return 0;
	if (century < 19 || century > 21)
		century = year < 70 ? 20 : 19;
	return (uint64_t)days_from_date(century * 100 + year, month, day) * 86400u + hour * 3600u +
	       min_ * 60u + sec;
}

#endif
