/* Writes a deterministic population as CSV: people with 20 attributes, managers, and groups with members; any size.
 * usage: joinery-population PEOPLE [ROUND] [delta]   ROUND 1 changes every hundredth person (a mover), ROUND 2 lacks another
 * hundredth (leavers, whom groups and others still name), ROUND 0 (default) is the beginning; later rounds change the movers again.
 * With a third argument only the movers are written.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t mix(uint64_t n) { /* splitmix64: the same person for the same number, in whatever order */
    n += UINT64_C(0x9E3779B97F4A7C15);
    n = (n ^ (n >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    n = (n ^ (n >> 27)) * UINT64_C(0x94D049BB133111EB);
    return n ^ (n >> 31);
}

static const char *const given[] = {"Ada",     "Grace",  "Linus", "Zoë",   "José",  "Łukasz", "Søren",  "Ελένη", "Νίκος", "Ольга",
                                    "Дмитрий", "Анна",   "محمد",  "فاطمة", "美咲",  "伟",     "지우",   "आरव",   "प्रिया", "Nguyễn",
                                    "Chloé",   "Jürgen", "Aoife", "Bjørn", "Márta", "Emre",   "Amélie", "Thabo", "Ngozi", "Tomás"};
static const char *const family[] = {"Lovelace", "Hopper", "Müller", "García", "Kowalski", "Ødegård",  "Παπαδοπούλου", "Иванова",
                                     "Петров",   "العلي",  "佐藤",   "王",     "김",       "शर्मा",     "Trần",         "O'Brien",
                                     "Dubois",   "Nagy",   "Yılmaz", "Nkosi",  "Okafor",   "da Silva", "Andersson",    "Horváth",
                                     "Jansen",   "Ricci",  "Novák",  "Costa",  "Weber",    "Singh"};
static const char *const departments[] = {"Finance",    "Sales",   "Engineering", "Legal",
                                          "Operations", "Support", "Research",    "Marketing"};
static const char *const titles[] = {"Analyst", "Engineer", "Manager", "Director", "Assistant", "Consultant", "Architect", "Clerk"};
static const char *const cities[] = {"Berlin",    "Paris",  "Αθήνα", "Москва", "東京",
                                     "São Paulo", "Kraków", "Lagos", "Dublin", "Oslo"};
static const char *const countries[] = {"DE", "FR", "GR", "RU", "JP", "BR", "PL", "NG", "IE", "NO"};
#define PICK(list, n) (list)[(n) % (sizeof(list) / sizeof(list)[0])]

static void person(int64_t i, int64_t round) {
    uint64_t r = mix((uint64_t)i);
    int moved = round > 0 && i % 100 == 7;
    uint64_t job = moved ? mix(r + (uint64_t)round) : r;
    char manager[24] = "";
    if (i >= 10) snprintf(manager, sizeof manager, "P%08" PRId64, i / 10);
    printf("person,P%08" PRId64 ",%s,%s,%s %s,person%" PRId64 "@example.org,%" PRId64 ",%s,%s,", i, PICK(given, r),
           PICK(family, r >> 8), PICK(given, r), PICK(family, r >> 8), i, 100000 + i, PICK(departments, job >> 16),
           PICK(titles, job >> 24));
    printf("+49 30 %07" PRIu64 ",+49 170 %07" PRIu64 ",\"Main Street %" PRIu64 ", 2nd floor\",%s,%05" PRIu64 ",%s,",
           (r >> 3) % 10000000, (r >> 5) % 10000000, r % 400 + 1, PICK(cities, r >> 32), (r >> 9) % 100000,
           PICK(countries, r >> 32));
    printf("20%02" PRIu64 "-%02" PRIu64 "-%02" PRIu64 "T00:00:00Z,%s,%" PRIu64 ",%s,smtp:p%" PRId64
           "@example.org|smtp:person.%" PRId64 "@mail.example.org,",
           r % 24, (r >> 7) % 12 + 1, (r >> 11) % 28 + 1, r % 20 ? "true" : "false", 1000 + (r >> 13) % 9000, manager, i, i);
    printf("Works in %s since the beginning of record %" PRId64 ",\r\n", PICK(cities, r >> 32), i);
}

static void group(int64_t g, int64_t people) {
    printf("group,G%08" PRId64 ",,,Group %" PRId64 ",,,,,,,,,,,,,,,,Members of group %" PRId64 ",", g, g, g);
    for (int64_t m = 0; m < 20; m++) printf("%sP%08" PRIu64, m ? "|" : "", mix((uint64_t)(g * 20 + m)) % (uint64_t)people);
    fputs("\r\n", stdout);
}

int main(int argc, char **argv) {
    int64_t people = argc > 1 ? strtoll(argv[1], NULL, 10) : 0, round = argc > 2 ? strtoll(argv[2], NULL, 10) : 0;
    if (people < 1) {
        fputs("usage: joinery-population PEOPLE [ROUND] [delta]\n", stderr);
        return 2;
    }
    static char out[1 << 20];
    setvbuf(stdout, out, _IOFBF, sizeof out);
    fputs("objectType,id,givenName,surname,displayName,mail,employeeNumber,department,title,phone,mobile,street,city,postalCode,"
          "country,"
          "startDate,active,costCentre,manager,proxyAddresses,description,members\r\n",
          stdout);
    bool delta = argc > 3;
    for (int64_t i = 0; i < people; i++)
        if (delta ? i % 100 == 7 : round < 2 || i % 100 != 3) person(i, delta ? round : round > 0);
    for (int64_t g = 0; !delta && g < people / 100; g++) group(g, people);
    return fflush(stdout) != 0;
}
