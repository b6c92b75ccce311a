/* A store in a folder of its own with a small configuration: HR (person: hrId, displayName, mail, manager …) and AD. */
#ifndef TEST_STORE_WORLD_H
#define TEST_STORE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/document.h"
#include "store/store.h"

/* Ends the test with the error's chain when there is one. */
#define OK(call)                                                                                                                   \
    do {                                                                                                                           \
        error *ok_ = (call);                                                                                                       \
        char said_[2000];                                                                                                          \
        if (ok_) fail_msg("%s", error_chain(ok_, said_, sizeof said_));                                                            \
    } while (0)
/* The call must fail in that way. */
#define FAILS(expected, call)                                                                                                      \
    do {                                                                                                                           \
        error *failed_ = (call);                                                                                                   \
        assert_non_null(failed_);                                                                                                  \
        assert_int_equal(failed_->kind, expected);                                                                                 \
        error_free(failed_);                                                                                                       \
    } while (0)

struct world {
    arena *a;
    store *s;
    const struct config *c;
    char folder[64], path[80], url[96];
    int32_t hr, ad, person, user, group;             /* systems and object types */
    int32_t hr_id, name, mail, photo, manager, shoe; /* person; mail is multi-valued and indexed */
    int32_t guid, dn, members, owner;                /* AD user: guid, dn; group: members, owner */
    int32_t group_guid, group_dn;
    int32_t mv_user, mv_group, mv_name, mv_employee, mv_mails, mv_manager, mv_members, mv_photo;
};

/* For cmocka's set-up and tear-down of each test: *state is the struct world. The tear-down checks the whole store. */
int world_open(void **state);
int world_close(void **state);
/* Closes and opens the store again. */
void world_reopen(struct world *w);
/* Reads the configuration again. */
void world_configuration(struct world *w);
/* The findings of store_check. */
struct texts world_check(struct world *w);

/* Values. */
struct values *put(arena *a, struct attributes *list, int32_t attribute);
void put_text(arena *a, struct attributes *list, int32_t attribute, text t);
void put_raw(arena *a, struct attributes *list, int32_t attribute, text raw);
void put_target(arena *a, struct attributes *list, int32_t attribute, int64_t target);
/* A person of HR with an id and a name, not yet stored. */
struct cso *person(struct world *w, text id, text name);
struct mvo *identity(struct world *w, text name);
/* Each in a transaction of its own. */
void write_cso(struct world *w, const struct cso *before, const struct cso *after);
void write_mvo(struct world *w, const struct mvo *before, const struct mvo *after);
struct cso *load_cso(struct world *w, int64_t id);
struct mvo *load_mvo(struct world *w, int64_t id);
/* Runs SQL behind the store's back. */
void plant(struct world *w, const char *sql);

#define ASSERT_TEXT(got, expected)                                                                                                 \
    do {                                                                                                                           \
        text got_ = (got), expected_ = (expected);                                                                                 \
        if (!text_equal(got_, expected_)) fail_msg("\"%.*s\" instead of \"%.*s\"", TEXT_ARG(got_), TEXT_ARG(expected_));           \
    } while (0)

#endif
