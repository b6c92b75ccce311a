/* Random passwords and passphrases (expressions.md §9.7). */
#include "sync/expression/functions.h"

#include "base/crypto.h"
#include "base/words.h"

enum { PASSWORD_MIN = 8, PASSWORD_MAX = 128, WORDS_MIN = 3, WORDS_MAX = 10 };

static size_t between(int64_t n, size_t least, size_t most) {
    return n < (int64_t)least ? least : n > (int64_t)most ? most : (size_t)n;
}

static bool masked(struct evaluation *ev, struct expression_value *out) {
    ev->secret = true;
    *out = make_text(T("********"));
    return ev->in->mask_secrets;
}

static char drawn(text from) { return from.at[random_below((uint32_t)from.len)]; }

/* One of each class first, so that each is there; then the order is shuffled. */
CALLABLE(run_random_password) {
    (void)count;
    static const text classes[] = {
        {"abcdefghijklmnopqrstuvwxyz", 26}, {"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 26}, {"0123456789", 10}, {"!@#$%^&*", 8}};
    static const text plain = {"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 62};
    static const text all = {"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#$%^&*", 70};
    int64_t wanted;
    bool extended;
    if (!integer_of(ev, &args[0], &wanted) || !truth_of(ev, &args[1], &extended)) return false;
    if (masked(ev, out)) return true;
    size_t length = between(wanted, PASSWORD_MIN, PASSWORD_MAX), required = extended ? 4 : 3;
    char *made = text_room(ev, length);
    if (!made) return false;
    for (size_t i = 0; i < length; i++) made[i] = drawn(i < required ? classes[i] : extended ? all : plain);
    for (size_t i = length - 1; i > 0; i--) {
        size_t other = random_below((uint32_t)i + 1);
        char c = made[i];
        made[i] = made[other];
        made[other] = c;
    }
    *out = make_text((text){made, length});
    return true;
}

CALLABLE(run_random_passphrase) {
    (void)count;
    int64_t wanted;
    text separator;
    if (!integer_of(ev, &args[0], &wanted) || !text_of_value(ev, &args[1], &separator)) return false;
    if (masked(ev, out)) return true;
    if (separator.len == 0) separator = T("-");
    size_t words = between(wanted, WORDS_MIN, WORDS_MAX), len = 0;
    char *made = text_room(ev, words * (WORD_LETTERS_MAX + separator.len));
    if (!made) return false;
    for (size_t i = 0; i < words; i++) {
        text word = word_at(random_below(WORD_COUNT));
        if (i) memcpy(made + len, separator.at, separator.len);
        if (i) len += separator.len;
        memcpy(made + len, word.at, word.len);
        len += word.len;
    }
    *out = make_text((text){made, len});
    return true;
}
