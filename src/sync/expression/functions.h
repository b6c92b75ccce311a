/* The bodies of functions and members, by theme; the tables that name them are in functions.c. */
#ifndef JOINERY_SYNC_EXPRESSION_FUNCTIONS_H
#define JOINERY_SYNC_EXPRESSION_FUNCTIONS_H

#include "sync/expression/evaluation.h"

#define CALLABLE(name)                                                                                                             \
    bool name(struct evaluation *ev, const struct expression_value *args, size_t count, struct expression_value *out)

/* functions_text.c */
CALLABLE(run_trim);
CALLABLE(run_upper);
CALLABLE(run_lower);
CALLABLE(run_capitalise);
CALLABLE(run_left);
CALLABLE(run_right);
CALLABLE(run_substring);
CALLABLE(run_replace);
CALLABLE(run_starts_with);
CALLABLE(run_ends_with);
CALLABLE(run_contains);
CALLABLE(run_length);
CALLABLE(run_is_null_or_empty);
CALLABLE(run_is_null_or_whitespace);
CALLABLE(run_escape_dn);
/* members.c */
CALLABLE(run_trim_start);
CALLABLE(run_trim_end);
CALLABLE(run_substring_strict);
CALLABLE(run_index_of);
CALLABLE(run_pad_left);
CALLABLE(run_pad_right);
CALLABLE(run_member_text);
CALLABLE(run_year);
CALLABLE(run_month);
CALLABLE(run_day);
CALLABLE(run_hour);
CALLABLE(run_minute);
CALLABLE(run_second);
CALLABLE(run_date);
CALLABLE(run_add_days);
CALLABLE(run_add_hours);
CALLABLE(run_add_minutes);
CALLABLE(run_add_months);
CALLABLE(run_add_years);
/* functions_value.c */
CALLABLE(run_collection_contains);
CALLABLE(run_split);
CALLABLE(run_join);
CALLABLE(run_iif);
CALLABLE(run_coalesce);
CALLABLE(run_eq);
CALLABLE(run_to_string);
CALLABLE(run_to_int);
CALLABLE(run_to_decimal);
CALLABLE(run_set_bit);
CALLABLE(run_clear_bit);
CALLABLE(run_has_bit);
CALLABLE(run_enable_user);
CALLABLE(run_disable_user);
/* dates.c */
CALLABLE(run_now);
CALLABLE(run_today);
CALLABLE(run_format_date);
CALLABLE(run_to_file_time);
CALLABLE(run_from_file_time);
/* secrets.c */
CALLABLE(run_random_password);
CALLABLE(run_random_passphrase);
/* maths.c */
CALLABLE(run_abs);
CALLABLE(run_min);
CALLABLE(run_max);
CALLABLE(run_floor);
CALLABLE(run_ceiling);
CALLABLE(run_round);

#endif
