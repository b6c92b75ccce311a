/* Feeds the files of a corpus folder to a fuzz target once, so that what was found before is tested always, without a fuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Copies the bytes into a block of exactly their size, so that the address sanitizer sees a read behind the end. */
static int feed(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return perror(path), 0;
    char *bytes = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&bytes, &size);
    char block[65536];
    for (size_t n; memory && (n = fread(block, 1, sizeof(block), file)) > 0;) fwrite(block, 1, n, memory);
    fclose(file);
    if (!memory || fclose(memory) != 0) return perror(path), 0;
    uint8_t *exact = malloc(size ? size : 1);
    if (exact) {
        memcpy(exact, bytes, size);
        LLVMFuzzerTestOneInput(exact, size);
    }
    free(exact);
    free(bytes);
    return exact != NULL;
}

static int is_input(const struct dirent *entry) { return entry->d_name[0] != '.'; }

int main(int argc, char **argv) {
    struct dirent **entries = NULL;
    int count = argc > 1 ? scandir(argv[1], &entries, is_input, alphasort) : 0, good = 1;
    LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
        fprintf(stderr, "%s\n", path); /* the last line names the culprit */
        good &= feed(path);
        free(entries[i]);
    }
    free(entries);
    printf("%d inputs\n", count > 0 ? count : 0);
    return good ? 0 : 1;
}
